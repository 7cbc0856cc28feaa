namespace CrMonitor.WorkQueue;

/// <summary>A key that is with a worker.</summary>
/// <param name="Key">The key.</param>
/// <param name="Age">
/// How long it had been with its worker when the snapshot was taken; null in a queue without a name, which measures nothing.
/// </param>
/// <param name="WillRunAgain">Whether it was added meanwhile, and so will be ready again when its worker is done.</param>
/// <typeparam name="TKey">The key of the queue.</typeparam>
public readonly record struct ProcessingKey<TKey>(TKey Key, TimeSpan? Age, bool WillRunAgain) where TKey : notnull;
