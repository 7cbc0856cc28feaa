using System.Text.Json.Serialization;

namespace CrMonitor.ApiServer.Faults;

/// <summary>How the control surface reads JSON: a field that it does not know is refused rather than passed over.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(FaultOrder))]
[JsonSerializable(typeof(WatchOrder))]
[JsonSerializable(typeof(RestartOrder))]
internal sealed partial class ControlJson : JsonSerializerContext;
