namespace CrMonitor.Benchmarks.Informers;

/// <summary>What is decoded.</summary>
public enum DecodeWorkload
{
    /// <summary>The body of a LIST.</summary>
    List,

    /// <summary>The body of a WATCH, an event of each object.</summary>
    Events,

    /// <summary>The body of a LIST of objects that a store has in this version already.</summary>
    Relist,
}
