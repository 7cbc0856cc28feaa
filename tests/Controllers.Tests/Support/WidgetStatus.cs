using k8s.Models;

namespace CrMonitor.Controllers.Tests;

public sealed class WidgetStatus
{
    public int? Size { get; set; }

    public string? Phase { get; set; }

    public DateTime? LastUpdated { get; set; }

    public IList<V1Condition>? Conditions { get; set; }
}
