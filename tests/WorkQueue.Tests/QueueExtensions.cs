namespace CrMonitor.WorkQueue.Tests;

internal static class QueueExtensions
{
    /// <summary>Takes a key that must be there now.</summary>
    public static WorkItem<TKey> TakeNow<TKey>(this WorkQueue<TKey> queue) where TKey : notnull
    {
        var item = queue.TakeAsync().ResultNow();
        Assert.True(item.HasValue, "the queue must not have ended");
        return item.Value;
    }

    /// <summary>
    /// The result of a call that must have ended by now. A task made of it would learn of that only when a thread of the pool gets to it.
    /// </summary>
    public static T ResultNow<T>(this ValueTask<T> call)
    {
        Assert.True(call.IsCompleted, "the call must have ended by now");
        return call.GetAwaiter().GetResult();
    }

    /// <summary>Takes a key that must be there now, and is done with it.</summary>
    public static TKey RunNow<TKey>(this WorkQueue<TKey> queue) where TKey : notnull
    {
        using var item = queue.TakeNow();
        return item.Key;
    }

    /// <summary>All ready keys, in the order in which they are handed out.</summary>
    public static IReadOnlyList<TKey> RunAllNow<TKey>(this WorkQueue<TKey> queue) where TKey : notnull
    {
        var keys = new List<TKey>();
        while (queue.Count > 0)
        {
            keys.Add(queue.RunNow());
        }

        return keys;
    }
}
