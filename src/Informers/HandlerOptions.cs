namespace CrMonitor.Informers;

/// <summary>How one handler wants to be told.</summary>
public sealed class HandlerOptions
{
    private static readonly TimeSpan ShortestResync = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How often the handler is told every cached object again, as an <see cref="ChangeKind.Updated"/> with <see cref="ResourceChange{T}.IsResync"/>.
    /// Nothing is asked of the server for it. A key that has a change waiting is left out, since that change says as much.
    /// </summary>
    /// <value>
    /// <see langword="null"/> by default: never. An informer does not need it to be right; it serves handlers that look at something else besides.
    /// </value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below one second.</exception>
    public TimeSpan? ResyncPeriod
    {
        get;
        init
        {
            if (value is { } period)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(period, ShortestResync);
            }

            field = value;
        }
    }

    /// <summary>
    /// By how much of itself each resync period is lengthened at most, at random, so that many handlers do not work at the same instant.
    /// </summary>
    /// <value>0.1 by default; 0 for none.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not between 0 and 1.</exception>
    public double ResyncJitter
    {
        get;
        init
        {
            if (value is not (>= 0 and <= 1))
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "The jitter is a share of the resync period, between 0 and 1.");
            }

            field = value;
        }
    } = 0.1;

    /// <summary>
    /// Tell also an object that came and went before the handler could be told of it, as <see cref="ChangeKind.Added"/> and <see cref="ChangeKind.Deleted"/>:
    /// for handlers that act for somebody who may have made the object, or seen it in the cache, and counts on it until he learns of its end.
    /// </summary>
    /// <value>
    /// <see langword="false"/> by default: what waits for a handler that is blocked is then bounded by the objects that there are or were told.
    /// </value>
    public bool TellBriefObjects { get; init; }

    /// <summary>
    /// Tell an object that was deleted and created again (its uid has changed) as <see cref="ChangeKind.Deleted"/> and
    /// <see cref="ChangeKind.Added"/>, even if
    /// the handler, the watch or both were away meanwhile.
    /// </summary>
    /// <value><see langword="false"/> by default: then it is one <see cref="ChangeKind.Updated"/> between two uids.</value>
    public bool SplitRecreations { get; init; }

    /// <summary>
    /// Call the handler where the cache is written, instead of waking a thread for it: for one that does no more than put a key into a queue, say. Each
    /// call must be completed when it returns. It runs under the informer's lock: it may read the cache, but must neither block nor ask the informer for
    /// anything else, since all other handlers and the watch wait for it.
    /// </summary>
    /// <value>
    /// <see langword="false"/> by default. A view of another form and <see cref="ISharedInformer{T}.ReadChangesAsync"/> do not heed it. A call that is not
    /// completed is logged as a failure.
    /// </value>
    public bool CallSynchronously { get; init; }
}
