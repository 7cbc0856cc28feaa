using System.Text.Json.Serialization;
using k8s.Models;

namespace CrMonitor.SampleOperator;

/// <summary>What the operator has seen and done. It alone writes this, through the status subresource.</summary>
internal sealed record ApplicationStatus
{
    /// <summary>The <c>metadata.generation</c> that this status speaks of.</summary>
    [JsonPropertyName("observedGeneration")]
    public long? ObservedGeneration { get; init; }

    /// <summary>The whole in one word, for people. Programs read the conditions.</summary>
    [JsonPropertyName("phase")]
    public ApplicationPhase? Phase { get; init; }

    /// <summary>How many Pods of the Deployment are available.</summary>
    [JsonPropertyName("availableReplicas")]
    public int AvailableReplicas { get; init; }

    /// <summary><c>Ready</c>, <c>Progressing</c> and <c>Degraded</c>; see <see cref="ApplicationConditions"/>.</summary>
    [JsonPropertyName("conditions")]
    public IReadOnlyList<V1Condition>? Conditions { get; init; }

    /// <summary>When anything else in this status last changed, in UTC and whole seconds.</summary>
    [JsonPropertyName("lastUpdated")]
    public DateTime? LastUpdated { get; init; }
}
