using CrMonitor.Informers;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Controllers;

/// <summary>A controller as those see it that wake it.</summary>
internal interface IReconcileTarget
{
    /// <summary>The controller's name.</summary>
    string Name { get; }

    /// <summary>The resource that is reconciled.</summary>
    KubeResource Resource { get; }

    /// <summary>The reconciled objects have no namespace.</summary>
    bool IsClusterScoped { get; }

    ILogger Logger { get; }

    /// <summary>Lets a key be reconciled.</summary>
    /// <param name="key">Which.</param>
    /// <param name="reason">Why.</param>
    /// <param name="isNews">
    /// Something has happened; else the object was merely told, by a first list or a resync, and can wait for those that have changed.
    /// </param>
    void Trigger(ObjectKey key, ReconcileReason reason, bool isNews);

    /// <summary>The keys of the cached objects that an index finds under <paramref name="value"/>.</summary>
    IEnumerable<ObjectKey> ByIndex(string index, string value);
}
