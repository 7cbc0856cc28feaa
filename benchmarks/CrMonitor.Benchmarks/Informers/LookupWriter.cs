namespace CrMonitor.Benchmarks.Informers;

/// <summary>What else happens to the store that is read.</summary>
internal enum LookupWriter
{
    None,

    /// <summary>A thousand updates a second.</summary>
    Paced,

    /// <summary>Updates without a pause.</summary>
    Full,
}
