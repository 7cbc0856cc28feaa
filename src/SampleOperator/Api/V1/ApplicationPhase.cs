using System.Text.Json.Serialization;

namespace CrMonitor.SampleOperator;

/// <summary>The state of an Application in one word.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ApplicationPhase>))]
internal enum ApplicationPhase
{
    /// <summary>Replicas are missing or are being replaced.</summary>
    Pending,

    /// <summary>Every replica is up to date and available.</summary>
    Running,

    /// <summary>It cannot become ready until something changes; the condition <c>Degraded</c> says what.</summary>
    Failed,

    /// <summary>It is being deleted.</summary>
    Terminating,
}
