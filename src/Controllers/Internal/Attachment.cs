using CrMonitor.Informers;

namespace CrMonitor.Controllers;

/// <summary>A handler of a controller at an informer, and the part in the informer that it keeps (unless the controller itself does).</summary>
internal sealed class Attachment(ISharedInformer informer, HandlerRegistration registration, IAsyncDisposable? share) : IAsyncDisposable
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

    public async ValueTask DisposeAsync()
    {
        await registration.DisposeAsync();
        if (share is not null)
        {
            await share.DisposeAsync();
        }
    }
}
