using System.Threading.Channels;

namespace CrMonitor.ApiServer.Storage;

/// <summary>Follows the changes of all tables, in the order of their revisions. One reader, inside this process.</summary>
/// <remarks>Changes that it has yet to read stay in memory for it, however many they are.</remarks>
internal sealed class StoreCursor(Change position, Action<StoreCursor> forget) : IDisposable
{
    // Of capacity one, since it says only that there is something to look at.
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private Change _position = position;

    public async ValueTask<Change> ReadAsync(CancellationToken cancellationToken)
    {
        while (_position.NextInStore is null)
        {
            await _signal.Reader.ReadAsync(cancellationToken);
        }

        return _position = _position.NextInStore;
    }

    public void Wake() => _signal.Writer.TryWrite(true);

    public void Dispose() => forget(this);
}
