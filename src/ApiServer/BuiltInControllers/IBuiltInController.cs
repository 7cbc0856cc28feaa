namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>A controller inside the server.</summary>
internal interface IBuiltInController
{
    /// <summary>Runs until it is cancelled, and then returns without an exception. To be called once.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
