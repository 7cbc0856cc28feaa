using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using CrMonitor.Informers;

namespace CrMonitor.SampleOperator;

/// <summary>Reads and writes Applications without reflection.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Application))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class ApplicationJson : JsonSerializerContext
{
    /// <summary>The resource <c>applications.example.com</c>.</summary>
    public static KubeResource<Application> Resource { get; } = new(Default.Application);
}
