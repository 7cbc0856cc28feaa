using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>What the answer of a write says.</summary>
internal static class OwnWrites
{
    /// <summary>The object is gone: the write took away the last thing that held it, and is answered with the state before.</summary>
    public static bool ShowEnd(V1ObjectMeta answered) =>
        answered is { DeletionTimestamp: not null, Finalizers: null or { Count: 0 }, DeletionGracePeriodSeconds: null or 0 };
}
