namespace CrMonitor.Benchmarks.Informers;

/// <summary>One informer of a server, whatever the form in which it holds objects.</summary>
internal interface IInformerRun : IAsyncDisposable
{
    /// <summary>Starts the informer, and completes when a handler has been told the whole list.</summary>
    Task SyncAsync();

    /// <summary>Completes when the handler has been told the last event.</summary>
    Task FollowAsync();
}
