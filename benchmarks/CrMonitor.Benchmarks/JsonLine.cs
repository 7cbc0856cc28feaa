using System.Text.Json;

namespace CrMonitor.Benchmarks;

/// <summary>Prints a result as one line.</summary>
internal static class JsonLine
{
    public static void Print<T>(T result) => Console.WriteLine(JsonSerializer.Serialize(result, typeof(T), ResultJson.Default));
}
