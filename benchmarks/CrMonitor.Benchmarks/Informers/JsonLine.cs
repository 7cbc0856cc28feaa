using System.Text.Json;
using System.Text.Json.Serialization;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>Prints a result as one line, with names as the Go programs write them.</summary>
internal static class JsonLine
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static void Print<T>(T result) => Console.WriteLine(JsonSerializer.Serialize(result, Options));
}
