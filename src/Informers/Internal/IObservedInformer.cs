using System.Diagnostics;

namespace CrMonitor.Informers;

/// <summary>What gauges and messages ask of an informer, from any thread.</summary>
internal interface IObservedInformer
{
    TagList Tags { get; }

    InformerHealth Health { get; }

    int ObjectCount { get; }

    /// <summary>The length of the cached objects as JSON.</summary>
    long CacheBytes { get; }

    int QueuedItems { get; }

    string? StoreVersion { get; }

    /// <summary>Its stop has begun; it does not come back.</summary>
    bool IsStopped { get; }

    /// <summary>How many objects cannot be decoded: in the informer's own form, or in that of a view of it.</summary>
    int InvalidCount { get; }
}
