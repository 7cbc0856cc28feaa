namespace CrMonitor.WorkQueue;

/// <summary>What a call has to do after it left the queue's lock: complete waiters and drains, whose schedulers are code of others.</summary>
internal struct Aftermath<TKey> where TKey : notnull
{
    private WaiterList<TKey> _released;

    public TaskCompletionSource? Drained { get; set; }

    public void Release(TakeWaiter<TKey> waiter) => _released.Append(waiter);

    public void Run()
    {
        // A completed waiter may be in use again before the next statement, so it is taken out of the list first.
        while (_released.First is { } waiter)
        {
            _released.Remove(waiter);
            waiter.Complete();
        }

        Drained?.TrySetResult();
    }
}
