using System.Threading.Tasks.Sources;

namespace CrMonitor.WorkQueue;

/// <summary>
/// One call of TakeAsync that found no key. Reused, so that waiting allocates nothing in the steady state. Its continuation goes to the scheduler of
/// the awaiting code and never runs inside the call that completes it.
/// </summary>
internal sealed class TakeWaiter<TKey>(WorkQueue<TKey> queue) : IValueTaskSource<WorkItem<TKey>?> where TKey : notnull
{
    private ManualResetValueTaskSourceCore<WorkItem<TKey>?> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private CancellationToken _cancellationToken;

    // The queue's lock guards these five.
    public bool IsParked { get; set; }

    public TakeWaiter<TKey>? Previous { get; set; }

    public TakeWaiter<TKey>? Next { get; set; }

    /// <summary>The hand-out that ends the wait; null ends it because no key will come any more.</summary>
    public WorkItem<TKey>? Item { get; set; }

    public bool IsCanceled { get; set; }

    public short Version => _core.Version;

    public ValueTask<WorkItem<TKey>?> Task => new(this, _core.Version);

    /// <summary>Called once the waiter is parked, without the queue's lock, because a cancelled token calls back at once.</summary>
    public void CancelWith(CancellationToken cancellationToken)
    {
        _cancellationToken = cancellationToken;
        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(static (state, _) => ((TakeWaiter<TKey>)state!).Cancel(), this);
        }
    }

    /// <summary>Called after the waiter was unparked, without the queue's lock: a scheduler's code may run here.</summary>
    public void Complete()
    {
        if (IsCanceled)
        {
            _core.SetException(new OperationCanceledException(_cancellationToken));
        }
        else
        {
            if (Item is { } item)
            {
                queue.MeasureQueueDuration(item.TimestampsInQueue);
            }

            _core.SetResult(Item);
        }
    }

    public WorkItem<TKey>? GetResult(short token)
    {
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("The ValueTask of TakeAsync has not completed. Await it, once.");
        }

        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            // Waits for a callback that is under way, so that it cannot meet the next wait of this object.
            _registration.Dispose();
            _registration = default;
            _cancellationToken = default;
            Item = null;
            IsCanceled = false;
            _core.Reset();
            queue.Return(this);
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel()
    {
        if (queue.TryUnpark(this))
        {
            Complete();
        }
    }
}
