namespace CrMonitor.WorkQueue;

/// <summary>What is known of a key.</summary>
[Flags]
internal enum EntryState : byte
{
    None = 0,

    /// <summary>Needs a run: ready, or, together with <see cref="Held"/>, ready again once its worker is done.</summary>
    Dirty = 1,

    /// <summary>With a worker.</summary>
    Held = 2,

    /// <summary>Waits for a deadline; never together with <see cref="Dirty"/>.</summary>
    Waiting = 4,
}
