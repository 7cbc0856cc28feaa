using System.Text.Json.Serialization;

namespace CrMonitor.SampleOperator;

/// <summary>What the user asks for. The schema in <c>deploy/crd.yaml</c> says what is accepted.</summary>
internal sealed record ApplicationSpec
{
    /// <summary>The container image; never empty.</summary>
    [JsonPropertyName("image")]
    public string Image { get; set; } = "";

    /// <summary>How many Pods are to run, from 1 to 10.</summary>
    [JsonPropertyName("replicas")]
    public int Replicas { get; set; }

    /// <summary>The TCP ports that the container listens on, each from 1 to 65535 and given once.</summary>
    [JsonPropertyName("ports")]
    public IReadOnlyList<int>? Ports { get; set; }
}
