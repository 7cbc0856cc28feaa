using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace CrMonitor.SampleOperator;

/// <summary>Reads and writes Applications without reflection.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Application))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class ApplicationJson : JsonSerializerContext;
