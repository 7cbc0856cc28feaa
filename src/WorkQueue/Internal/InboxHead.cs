namespace CrMonitor.WorkQueue;

/// <summary>
/// How far an <see cref="Inbox{TKey}"/> has been read. A base class, because its fields lie before those of a derived one: so what posters read of
/// the inbox shares no cache line with what is written elsewhere, here or in the object before.
/// </summary>
internal abstract class InboxHead
{
    /// <summary>The position of the next message to be read. Written under the queue's lock.</summary>
    protected PaddedLong Head;
}
