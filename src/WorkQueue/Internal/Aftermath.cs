using System.Runtime.ExceptionServices;

namespace CrMonitor.WorkQueue;

/// <summary>
/// What is to be done without the queue's lock: to complete waiters and drains, whose schedulers are code of others, and to set the timer.
/// </summary>
internal struct Aftermath<TKey> where TKey : notnull
{
    private WaiterList<TKey> _released;

    public TaskCompletionSource? Drained { get; set; }

    /// <summary>Whether the earliest deadline changed, so that the timer has to be set anew.</summary>
    public bool TimerIsStale { get; set; }

    public readonly bool IsEmpty => _released.First is null && Drained is null && !TimerIsStale;

    public void Release(TakeWaiter<TKey> waiter) => _released.Append(waiter);

    /// <summary>Completes all of them, also when a scheduler throws; the first such exception is thrown in the end.</summary>
    public void Run()
    {
        ExceptionDispatchInfo? error = null;

        // A completed waiter may be in use again before the next statement, so it is taken out of the list first.
        while (_released.First is { } waiter)
        {
            _released.Remove(waiter);
            try
            {
                waiter.Complete();
            }
            catch (Exception e)
            {
                error ??= ExceptionDispatchInfo.Capture(e);
            }
        }

        Drained?.TrySetResult();
        error?.Throw();
    }
}
