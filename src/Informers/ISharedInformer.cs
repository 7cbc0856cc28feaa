namespace CrMonitor.Informers;

/// <summary>What can be said of an informer without knowing the type of its objects.</summary>
public interface ISharedInformer
{
    /// <summary>What is watched.</summary>
    KubeResource Resource { get; }

    /// <summary>Which of its objects.</summary>
    InformerScope Scope { get; }

    /// <summary>The cache has held one complete list of the server's objects. It never becomes false again.</summary>
    bool HasSynced { get; }

    /// <summary>How the connection to the server is: for readiness, and for people.</summary>
    InformerHealth Health { get; }

    /// <summary>
    /// The objects that the server has and whose latest state cannot be decoded or is too large: a copy of the list, in no particular order.
    /// </summary>
    IReadOnlyList<InvalidObject> InvalidObjects { get; }

    /// <summary>Starts the informer on the current task scheduler. A second call does nothing.</summary>
    /// <exception cref="ObjectDisposedException">The informer was stopped; informers do not start again.</exception>
    void Start();

    /// <summary>Completes when <see cref="HasSynced"/> becomes true.</summary>
    /// <exception cref="OperationCanceledException">
    /// <paramref name="cancellationToken"/> was cancelled, or the informer was stopped. The message names the resource and the last failure of
    /// listing it.
    /// </exception>
    Task WaitForSyncAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends the watch and all handlers' calls, and returns when nothing of it runs any more.</summary>
    Task StopAsync();
}
