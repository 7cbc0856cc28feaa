using System.Text.Json.Serialization;

namespace CrMonitor.Benchmarks.Informers;

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Application))]
internal sealed partial class ApplicationJson : JsonSerializerContext;
