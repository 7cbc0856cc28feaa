using System.Threading.Tasks.Sources;

namespace CrMonitor.WorkQueue;

/// <summary>One enumeration of a <see cref="WorkItemStream{TKey}"/>.</summary>
/// <remarks>
/// By hand, because the state machine of an iterator costs more than a hand-out. A wait is that of a <see cref="TakeWaiter{TKey}"/>, so it
/// allocates nothing.
/// </remarks>
internal sealed class WorkItemEnumerator<TKey>(WorkQueue<TKey> queue, CancellationTokenSource? linked, CancellationToken cancellationToken)
    : IAsyncEnumerator<WorkItem<TKey>>, IValueTaskSource<bool>
    where TKey : notnull
{
    private TakeWaiter<TKey>? _waiter; // of the call that is under way
    private WorkItem<TKey> _current;

    public WorkItem<TKey> Current => _current;

    private TakeWaiter<TKey> Waiter =>
        _waiter ?? throw new InvalidOperationException("The ValueTask of MoveNextAsync was awaited before. Await it, once.");

    public ValueTask<bool> MoveNextAsync()
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<bool>(cancellationToken);
        }

        if (queue.TryTakeOrWait(cancellationToken, out _current, out _waiter))
        {
            return new ValueTask<bool>(true);
        }

        return _waiter is null ? new ValueTask<bool>(false) : new ValueTask<bool>(this, _waiter.Version);
    }

    public ValueTask DisposeAsync()
    {
        linked?.Dispose();
        return default;
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        var item = Waiter.GetResult(token);
        _waiter = null;
        _current = item.GetValueOrDefault();
        return item is not null;
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => Waiter.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        Waiter.OnCompleted(continuation, state, token, flags);
}
