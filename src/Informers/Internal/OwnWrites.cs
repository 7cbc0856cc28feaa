using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>What the answer of a write says.</summary>
internal static class OwnWrites
{
    private static readonly DynamicPath DeletionTimestamp = DynamicPath.Parse("metadata.deletionTimestamp");

    /// <summary>The object is gone: the write took away the last thing that held it, and is answered with the state before.</summary>
    public static bool ShowEnd(IMetadata<V1ObjectMeta> answer)
    {
        // A dynamic object that is not being deleted stays undecoded.
        var mayBeGone = answer is not DynamicObject undecoded || undecoded.Exists(DeletionTimestamp);
        return mayBeGone && answer.Metadata is { DeletionTimestamp: not null, Finalizers: null or { Count: 0 }, DeletionGracePeriodSeconds: null or 0 };
    }
}
