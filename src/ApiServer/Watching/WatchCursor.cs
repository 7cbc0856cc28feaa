using System.Threading.Channels;
using CrMonitor.ApiServer.Storage;

namespace CrMonitor.ApiServer.Watching;

/// <summary>Follows the log of one table. One reader; any thread may wake it.</summary>
internal sealed class WatchCursor : IDisposable
{
    // Of capacity one, since it says only that there is something to look at.
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly CancellationTokenSource _lagged = new();
    private readonly ResourceTable _table;
    private Change _position;
    private volatile bool _isEnding;

    public WatchCursor(ResourceTable table, Change position)
    {
        _table = table;
        _position = position;
    }

    /// <summary>Is cancelled when the reader is so far behind that it is given up, rather than letting the log grow for it.</summary>
    public CancellationToken Lagged => _lagged.Token;

    /// <summary>Nothing is to be read after the changes that are there.</summary>
    public bool IsEnding => _isEnding;

    /// <summary>The change that was read last.</summary>
    public Change Position => Volatile.Read(ref _position);

    /// <summary>Goes on to the next change, if there is one.</summary>
    public bool TryRead(out Change change)
    {
        change = _position.Next!;
        if (change is null)
        {
            return false;
        }

        Volatile.Write(ref _position, change);
        return true;
    }

    /// <summary>Returns when there may be a next change, or <see cref="Wake"/> was called.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _signal.Reader.ReadAsync(cancellationToken);

    /// <summary>Ends the reading after the changes that are there.</summary>
    public void End()
    {
        _isEnding = true;
        Wake();
    }

    public void Wake() => _signal.Writer.TryWrite(true);

    public void Notify(long newestSequence, int maximumLag)
    {
        if (newestSequence - Position.Sequence > maximumLag)
        {
            _lagged.Cancel();
        }

        Wake();
    }

    // _lagged is not disposed: a writer may be about to cancel it, and without a timer it holds nothing.
    public void Dispose() => _table.Remove(this);
}
