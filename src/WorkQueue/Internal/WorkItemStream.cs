namespace CrMonitor.WorkQueue;

/// <summary>What <see cref="WorkQueue{TKey}.ReadAllAsync"/> returns.</summary>
/// <param name="queue">Where the items come from.</param>
/// <param name="end">Ends every enumeration, as the token of each does.</param>
internal sealed class WorkItemStream<TKey>(WorkQueue<TKey> queue, CancellationToken end) : IAsyncEnumerable<WorkItem<TKey>> where TKey : notnull
{
    public IAsyncEnumerator<WorkItem<TKey>> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (!end.CanBeCanceled || end == cancellationToken)
        {
            return new WorkItemEnumerator<TKey>(queue, linked: null, cancellationToken);
        }

        if (!cancellationToken.CanBeCanceled)
        {
            return new WorkItemEnumerator<TKey>(queue, linked: null, end);
        }

        var linked = CancellationTokenSource.CreateLinkedTokenSource(end, cancellationToken);
        return new WorkItemEnumerator<TKey>(queue, linked, linked.Token);
    }
}
