namespace CrMonitor.WorkQueue;

internal enum MessageKind : byte
{
    /// <summary>A key needs a run.</summary>
    Addition,

    /// <summary>The same, counted as a retry.</summary>
    Retry,

    /// <summary>A key needs a run at a deadline, or at the one it has if that is earlier; counted as a retry.</summary>
    DelayedRetry,

    /// <summary>A worker is done with a key.</summary>
    EndOfHandOut,
}
