using System.Text.Json.Serialization;

namespace CrMonitor.Informers.Tests;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Widget))]
internal sealed partial class WidgetJson : JsonSerializerContext
{
    public static KubeResource<Widget> Resource => new(Default.Widget);
}
