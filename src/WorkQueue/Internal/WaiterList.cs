namespace CrMonitor.WorkQueue;

/// <summary>Waiters, first in first out; a waiter is in one list at most.</summary>
internal struct WaiterList<TKey> where TKey : notnull
{
    private TakeWaiter<TKey>? _last;

    public TakeWaiter<TKey>? First { readonly get; private set; }

    public void Append(TakeWaiter<TKey> waiter)
    {
        waiter.Previous = _last;
        waiter.Next = null;
        if (_last is null)
        {
            First = waiter;
        }
        else
        {
            _last.Next = waiter;
        }

        _last = waiter;
    }

    public void Remove(TakeWaiter<TKey> waiter)
    {
        if (waiter.Previous is null)
        {
            First = waiter.Next;
        }
        else
        {
            waiter.Previous.Next = waiter.Next;
        }

        if (waiter.Next is null)
        {
            _last = waiter.Previous;
        }
        else
        {
            waiter.Next.Previous = waiter.Previous;
        }

        waiter.Previous = waiter.Next = null;
    }
}
