using k8s;
using k8s.Models;

namespace CrMonitor.Controllers.Tests;

[KubernetesEntity(Group = "example.com", ApiVersion = "v1", Kind = "Widget", PluralName = "widgets")]
public sealed class Widget : IKubernetesObject<V1ObjectMeta>, IStatus<WidgetStatus>
{
    public string? ApiVersion { get; set; }

    public string? Kind { get; set; }

    public V1ObjectMeta Metadata { get; set; } = new();

    public WidgetSpec? Spec { get; set; }

    public WidgetStatus? Status { get; set; }

    WidgetStatus IStatus<WidgetStatus>.Status
    {
        get => Status!;
        set => Status = value;
    }
}
