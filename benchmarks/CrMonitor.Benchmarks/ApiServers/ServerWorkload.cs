namespace CrMonitor.Benchmarks.ApiServers;

/// <summary>What is measured of an embedded API server.</summary>
internal enum ServerWorkload
{
    /// <summary>From the call that starts a server to the first answer over its socket.</summary>
    Start,

    /// <summary>Creating small objects through the in-memory handler.</summary>
    Create,

    /// <summary>One event for many watchers of one kind.</summary>
    Watch,

    /// <summary>Many Applications of 1.5 KB.</summary>
    Memory,
}
