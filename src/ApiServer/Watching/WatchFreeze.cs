namespace CrMonitor.ApiServer.Watching;

/// <summary>Stops a watch from writing without closing its connection: what a client sees of a network that swallows packets.</summary>
internal sealed class WatchFreeze
{
    private volatile bool _isFrozen;

    public void Set() => _isFrozen = true;

    /// <summary>Returns at once, or (once frozen) only by cancellation.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) =>
        _isFrozen ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken) : Task.CompletedTask;
}
