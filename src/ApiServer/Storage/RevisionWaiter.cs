namespace CrMonitor.ApiServer.Storage;

/// <summary>Waits for the store to reach a revision. Disposing it gives up.</summary>
internal sealed class RevisionWaiter(long revision, Action<RevisionWaiter> remove) : IDisposable
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Revision { get; } = revision;

    public Task Task => _reached.Task;

    public void Complete() => _reached.TrySetResult();

    public void Dispose() => remove(this);
}
