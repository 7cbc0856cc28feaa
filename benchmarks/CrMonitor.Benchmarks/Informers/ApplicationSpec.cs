using System.Text.Json.Serialization;

namespace CrMonitor.Benchmarks.Informers;

internal sealed record ApplicationSpec
{
    [JsonPropertyName("image")]
    public string Image { get; init; } = "";

    [JsonPropertyName("replicas")]
    public int Replicas { get; init; }

    [JsonPropertyName("ports")]
    public IReadOnlyList<int>? Ports { get; init; }
}
