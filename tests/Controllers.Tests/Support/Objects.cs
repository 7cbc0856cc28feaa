using CrMonitor.Informers;
using k8s.Models;

namespace CrMonitor.Controllers.Tests;

internal static class Objects
{
    public static readonly KubeResource<Widget> Widgets = new(TestJson.Default.Widget);

    public static readonly ObjectKey Key = new("default", "w");

    public static Widget Widget(string name = "w", string version = "1", long generation = 1, string uid = "uid-1") => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = name, ResourceVersion = version, Generation = generation, Uid = uid },
        Spec = new WidgetSpec { Size = 1 },
    };

    public static V1Deployment Deployment(string name, params V1OwnerReference[] owners) => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = name, ResourceVersion = "1", OwnerReferences = owners },
    };

    public static V1OwnerReference Owner(string name, string apiVersion = "example.com/v1", string kind = "Widget", bool? controller = true) =>
        new() { ApiVersion = apiVersion, Kind = kind, Name = name, Uid = $"uid-{name}", Controller = controller };
}
