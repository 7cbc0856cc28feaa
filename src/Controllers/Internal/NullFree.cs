using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace CrMonitor.Controllers;

/// <summary>
/// Contracts that leave nulls out: to a server, null means "take away" in a patch and is invalid in many places of an object.
/// </summary>
internal static class NullFree
{
    private static readonly ConditionalWeakTable<JsonSerializerOptions, JsonSerializerOptions> Known = [];

    public static JsonTypeInfo<T> Contract<T>(JsonSerializerOptions options) => (JsonTypeInfo<T>)Of(options).GetTypeInfo(typeof(T));

    private static JsonSerializerOptions Of(JsonSerializerOptions options) => options.DefaultIgnoreCondition == JsonIgnoreCondition.WhenWritingNull
        ? options
        : Known.GetValue(options, static o => new JsonSerializerOptions(o) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull });
}
