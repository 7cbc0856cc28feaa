using System.Text.Json.Serialization;

namespace CrMonitor.Controllers.Tests;

// Without ignoring nulls, on purpose: the library must not send them whatever the contract says.
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Widget))]
internal sealed partial class TestJson : JsonSerializerContext;
