using System.Text.Json.Serialization;

namespace CrMonitor.Informers;

/// <summary>The contracts of the forms that need no type of the user.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DynamicObject))]
[JsonSerializable(typeof(PartialObjectMetadata))]
internal sealed partial class FormJson : JsonSerializerContext;
