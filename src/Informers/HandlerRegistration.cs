namespace CrMonitor.Informers;

/// <summary>A handler's place at an informer. Disposing it removes the handler and returns when its last call has ended.</summary>
/// <remarks>
/// Disposing twice is harmless. Disposing it from within the handler's own call does not wait for that call.
/// May be used from any thread.
/// </remarks>
public abstract class HandlerRegistration : IAsyncDisposable
{
    /// <summary>The handler has been told all objects of the first list (or of the replay), and its calls for them have returned.</summary>
    public abstract bool HasSynced { get; }

    /// <summary>Changes that wait for the handler: at most one for each live or just deleted key.</summary>
    public abstract int PendingCount { get; }

    /// <summary>For how long the handler's call has run that runs now; <see langword="null"/> if none does.</summary>
    public abstract TimeSpan? InCallFor { get; }

    /// <summary>Completes when <see cref="HasSynced"/> becomes true.</summary>
    /// <exception cref="OperationCanceledException">
    /// <paramref name="cancellationToken"/> was cancelled, or the handler was removed before it had synced.
    /// </exception>
    public abstract Task WaitForSyncAsync(CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
