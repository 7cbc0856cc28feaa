namespace CrMonitor.WorkQueue;

/// <summary>A key that waits for its deadline.</summary>
/// <param name="Key">The key.</param>
/// <param name="DueIn">How long it still had to wait when the snapshot was taken; not positive if it was due.</param>
/// <typeparam name="TKey">The key of the queue.</typeparam>
public readonly record struct WaitingKey<TKey>(TKey Key, TimeSpan DueIn) where TKey : notnull;
