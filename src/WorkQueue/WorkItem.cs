using System.Diagnostics;

namespace CrMonitor.WorkQueue;

/// <summary>A key that was handed out to a worker. Until it is disposed, nobody else gets the key.</summary>
/// <remarks>
/// <para>
/// Dispose each item exactly once, also when the work failed: <c>using (item) { ... }</c>. A retry is asked for before that, with
/// <see cref="WorkQueue{TKey}.AddRateLimited(TKey)"/> or <see cref="WorkQueue{TKey}.AddAfter(TKey, TimeSpan)"/>.
/// </para>
/// <para>The item is a value without allocation. Its copies are the same hand-out: disposing one of them ends it for all. May be disposed from any
/// thread.</para>
/// </remarks>
/// <typeparam name="TKey">The key of the queue.</typeparam>
[DebuggerDisplay("{Key}")]
public readonly struct WorkItem<TKey> : IDisposable, IEquatable<WorkItem<TKey>> where TKey : notnull
{
    internal const long NotMeasured = -1;

    private readonly WorkQueue<TKey>? _queue;
    private readonly int _slot;
    private readonly uint _version;
    private readonly long _timeInQueue; // a difference of timestamps, half the size of a TimeSpan?: items are copied often

    internal WorkItem(WorkQueue<TKey> queue, TKey key, in HandOut handOut)
    {
        _queue = queue;
        _slot = handOut.Slot;
        _version = handOut.Version;
        Key = key;
        Priority = handOut.Priority;
        _timeInQueue = handOut.TimeInQueue;
    }

    internal long TimestampsInQueue => _timeInQueue;

    /// <summary>The key to work on.</summary>
    public TKey Key { get; }

    /// <summary>
    /// How long the key was ready before it was handed out; of a key added while it was held, since that addition. Null in a queue without a name,
    /// which measures nothing.
    /// </summary>
    public TimeSpan? TimeInQueue => _queue is null || _timeInQueue == NotMeasured ? null : _queue.ToTime(_timeInQueue);

    /// <summary>
    /// The priority with which the key was handed out: the highest of those with which it was added. To be used for a retry, for example.
    /// </summary>
    public int Priority { get; }

    /// <summary>Ends the work on the key. If the key was added meanwhile, it is ready again at once, behind those that are ready already.</summary>
    /// <exception cref="InvalidOperationException">
    /// The item, or a copy of it, was disposed before (this is recognised also when the key has been handed out again since), or it was not handed
    /// out by a queue.
    /// </exception>
    public void Dispose()
    {
        if (_queue is null)
        {
            throw new InvalidOperationException(
                $"This WorkItem<{typeof(TKey).Name}> is a default value: no queue handed it out. Dispose items that TakeAsync returned.");
        }

        _queue.Done(_slot, _version, Key);
    }

    /// <summary>Whether both are the same hand-out of the same key.</summary>
    public bool Equals(WorkItem<TKey> other) => _queue == other._queue && _slot == other._slot && _version == other._version;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is WorkItem<TKey> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_slot, _version);

    /// <summary>Whether both are the same hand-out of the same key.</summary>
    public static bool operator ==(WorkItem<TKey> left, WorkItem<TKey> right) => left.Equals(right);

    /// <summary>Whether the two are different hand-outs.</summary>
    public static bool operator !=(WorkItem<TKey> left, WorkItem<TKey> right) => !left.Equals(right);
}
