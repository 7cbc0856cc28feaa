using System.Text.Json.Serialization;

namespace CrMonitor.Benchmarks.Informers;

internal sealed record ApplicationSpec
{
    [JsonPropertyName("image")]
    public string Image { get; set; } = null!;

    [JsonPropertyName("replicas")]
    public int Replicas { get; set; }

    [JsonPropertyName("ports")]
    public IReadOnlyList<int>? Ports { get; set; }
}
