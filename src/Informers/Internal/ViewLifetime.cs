namespace CrMonitor.Informers;

/// <summary>What a factory does when a view stops.</summary>
/// <param name="StopBegun">Is called as soon as the view is stopped.</param>
/// <param name="Release">Ends the view's share in the stored informer, which stops with its last one. May be called again.</param>
/// <param name="StopEnded">Is called when nothing of the view runs any more.</param>
internal sealed record ViewLifetime(Action<ISharedInformer> StopBegun, Func<Task> Release, Action<ISharedInformer> StopEnded);
