using CrMonitor.Informers;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Controllers;

/// <summary>A controller as those see it that wake it.</summary>
internal interface IReconcileTarget
{
    /// <summary>The resource that is reconciled.</summary>
    KubeResource Resource { get; }

    /// <summary>The reconciled objects have no namespace.</summary>
    bool IsClusterScoped { get; }

    ILogger Logger { get; }

    void Trigger(ObjectKey key, ReconcileReason reason);
}
