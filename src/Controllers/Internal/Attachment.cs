using CrMonitor.Informers;

namespace CrMonitor.Controllers;

/// <summary>A handler of a controller at an informer, and the part in the informer that it keeps (unless the controller itself does).</summary>
internal sealed class Attachment(ISharedInformer informer, HandlerRegistration registration, IAsyncDisposable? share)
{
    public bool HasSynced => registration.HasSynced;

    public Task WaitForSyncAsync(CancellationToken cancellationToken) => registration.WaitForSyncAsync(cancellationToken);

    /// <summary>What is waited for, for people.</summary>
    public override string ToString() => (informer.HasSynced, informer.Health.LastFailure) switch
    {
        (true, _) => $"{informer.Resource} ({registration.PendingCount} objects of its first list are not told yet)",
        (_, { } failure) => $"{informer.Resource} ({failure.Reason}: {failure.Message})",
        _ => $"{informer.Resource} (its first list has not come)",
    };

    /// <summary>The handler's call that runs now, and has done so for this long; <see langword="null"/> if none does.</summary>
    public BusyHandler? Busy => registration.InCallFor is { } time ? new BusyHandler(informer.Resource, time) : null;

    /// <summary>Takes the handler away. Completes when its last call has returned; that is code of users, which may block.</summary>
    public Task DetachAsync() => Task.Factory.StartNew(
        () => registration.DisposeAsync().AsTask(), CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Current).Unwrap();

    /// <summary>Gives the part in the informer back.</summary>
    public ValueTask ReleaseAsync() => share?.DisposeAsync() ?? ValueTask.CompletedTask;
}
