using System.Text.Json.Serialization;
using k8s.Models;

namespace CrMonitor.SampleOperator;

/// <summary>What the operator has seen and done. It alone writes this, through the status subresource.</summary>
internal sealed record ApplicationStatus
{
    /// <summary>The <c>metadata.generation</c> that this status speaks of.</summary>
    [JsonPropertyName("observedGeneration")]
    public long? ObservedGeneration { get; set; }

    /// <summary>The whole in one word, for people. Programs read the conditions.</summary>
    [JsonPropertyName("phase")]
    public ApplicationPhase? Phase { get; set; }

    /// <summary>How many Pods of the Deployment are available.</summary>
    [JsonPropertyName("availableReplicas")]
    public int AvailableReplicas { get; set; }

    /// <summary><c>Ready</c>, <c>Progressing</c> and <c>Degraded</c>; see <see cref="ApplicationConditions"/>.</summary>
    [JsonPropertyName("conditions")]
    public IReadOnlyList<V1Condition>? Conditions { get; set; }

    /// <summary>When anything else in this status last changed, in UTC and whole seconds.</summary>
    [JsonPropertyName("lastUpdated")]
    public DateTime? LastUpdated { get; set; }
}
