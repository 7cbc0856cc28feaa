using System.Threading.Channels;

namespace CrMonitor.ApiServer.Storage;

/// <summary>Follows those changes of all tables that concern its reader, in the order of their revisions. One reader, inside this process.</summary>
/// <remarks>Changes that it has yet to read stay in memory for it, however many they are.</remarks>
/// <param name="position">The change after which it begins.</param>
/// <param name="concerns">Whether a change is to be read. Any thread may call it, several at once, and more than once for a change.</param>
/// <param name="forget">Is called when nobody reads any more.</param>
internal sealed class StoreCursor(Change position, Func<Change, bool> concerns, Action<StoreCursor> forget) : IDisposable
{
    // A reader who sleeps holds what was written since: after so many changes that do not concern it, it is woken to let go of them.
    private const int MaximumPassed = 1024;

    // Of capacity one, since it says only that there is something to look at.
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private Change _position = position;
    private int _passed;

    public async ValueTask<Change> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            while (_position.NextInStore is { } next)
            {
                _position = next;
                if (concerns(next))
                {
                    return next;
                }
            }

            await _signal.Reader.ReadAsync(cancellationToken);
        }
    }

    /// <summary>Tells of a change that is in the log. To be called without the lock of the store.</summary>
    public void Notify(Change change)
    {
        if (concerns(change) || Interlocked.Increment(ref _passed) % MaximumPassed == 0)
        {
            _signal.Writer.TryWrite(true);
        }
    }

    public void Dispose() => forget(this);
}
