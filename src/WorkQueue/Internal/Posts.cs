namespace CrMonitor.WorkQueue;

/// <summary>
/// What producers leave beside their messages in the inbox. Apart from the <see cref="ReadyKeys{TKey}"/>, whose memory is written for each hand-out.
/// </summary>
internal abstract class Posts<TKey> where TKey : notnull
{
    /// <summary>Posts an addition, without the queue's lock.</summary>
    /// <returns>False if it must come by the lock.</returns>
    public abstract bool TryPost(Inbox<TKey> inbox, in Message<TKey> message);
}
