namespace CrMonitor.Benchmarks.WorkQueues;

public enum Workload
{
    /// <summary>One thread; for each key: add, take, done.</summary>
    PingPong,

    /// <summary>One thread adds all keys, then takes all.</summary>
    Batch,

    /// <summary>One thread adds distinct keys without a pause; the workers take them.</summary>
    Pump,

    /// <summary>Four producers add keys of a small set; the workers take them.</summary>
    Hot,

    /// <summary>One thread adds distinct keys with a random delay below a second; one worker takes them.</summary>
    Delayed,

    /// <summary>One thread adds a key, and the next one some milliseconds later; one worker, which waits, takes each.</summary>
    Idle,

    /// <summary>One thread adds distinct keys for which an exponential limiter gives the delay; one worker takes and forgets them.</summary>
    RateLimited,

    /// <summary>The exponential limiter alone: the first retry of distinct keys.</summary>
    Limiter,
}
