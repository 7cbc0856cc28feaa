using System.Text.Json;
using System.Text.Json.Serialization;

namespace CrMonitor.Benchmarks;

/// <summary>Writes the names of an enumeration in lower case.</summary>
internal sealed class LowerCase<T>() : JsonStringEnumConverter<T>(new Naming(), allowIntegerValues: false)
    where T : struct, Enum
{
    private sealed class Naming : JsonNamingPolicy
    {
        public override string ConvertName(string name) => name.ToLowerInvariant();
    }
}
