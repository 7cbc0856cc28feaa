namespace CrMonitor.Informers;

/// <summary>Somebody who waits for the cache: for one key (<see langword="null"/>: for any), and perhaps for a version.</summary>
internal sealed class CacheWaiter(ObjectKey? key, string? version)
{
    private readonly TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when it is worth looking again.</summary>
    public Task Woken => _woken.Task;

    /// <summary>An event matters to the waiter.</summary>
    /// <param name="changed">The key whose object has changed, if one has.</param>
    /// <param name="reached">The version that a source has reached, if it has moved.</param>
    public bool IsConcernedBy(ObjectKey? changed, string? reached) =>
        key is null || key == changed || (version is not null && ResourceVersions.TryCompare(reached, version, out var order) && order >= 0);

    public void Wake() => _woken.TrySetResult();
}
