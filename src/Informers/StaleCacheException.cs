namespace CrMonitor.Informers;

/// <summary>The cache did not reach a version in time. What it shows is older than what was asked for.</summary>
public sealed class StaleCacheException : TimeoutException
{
    /// <summary>Creates the exception for one read.</summary>
    public StaleCacheException(
        KubeResource resource, ObjectKey key, string atLeast, string? reached, TimeSpan deadline, Exception? innerException = null)
        : base(
            $"The cache of {resource} did not show {key} at resourceVersion {atLeast} or newer within {deadline.TotalSeconds:0.###} s; "
            + (reached is null ? "it has not listed yet" : $"it has reached {reached}")
            + ". Try again later: the watch catches up, or the informer's health says why not.",
            innerException)
    {
        ArgumentNullException.ThrowIfNull(resource);
        Resource = resource;
        Key = key;
        AtLeast = atLeast;
        Reached = reached;
    }

    /// <summary>Which cache.</summary>
    public KubeResource Resource { get; }

    /// <summary>Which object was read.</summary>
    public ObjectKey Key { get; }

    /// <summary>The version that was asked for.</summary>
    public string AtLeast { get; }

    /// <summary>The version that the cache had reached; <see langword="null"/> if it had not held a list.</summary>
    public string? Reached { get; }
}
