using k8s;
using k8s.Models;

namespace CrMonitor.Informers.Tests;

/// <summary>A small custom resource.</summary>
[KubernetesEntity(Group = "test.crmonitor.dev", ApiVersion = "v1", Kind = "Widget", PluralName = "widgets")]
internal sealed class Widget : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = null!;

    public WidgetSpec? Spec { get; set; }
}
