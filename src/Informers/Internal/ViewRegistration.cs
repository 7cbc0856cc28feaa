namespace CrMonitor.Informers;

/// <summary>The place of a view's handler at the stored informer.</summary>
/// <param name="stored">That place.</param>
/// <param name="ended">Is called when the handler is removed.</param>
internal sealed class ViewRegistration(HandlerRegistration stored, Action<ViewRegistration> ended) : HandlerRegistration
{
    public override bool HasSynced => stored.HasSynced;

    public override int PendingCount => stored.PendingCount;

    public override TimeSpan? InCallFor => stored.InCallFor;

    public override Task WaitForSyncAsync(CancellationToken cancellationToken = default) => stored.WaitForSyncAsync(cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        // Until then whoever stops the view has to wait for it.
        await stored.DisposeAsync();
        ended(this);
    }
}
