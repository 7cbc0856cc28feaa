namespace CrMonitor.Informers;

/// <summary>Takes one event of a watch; the bytes of its object are valid during the call only.</summary>
/// <returns><see langword="false"/>: read no further.</returns>
internal delegate bool WatchEventHandler(WatchEventType type, ReadOnlySpan<byte> json);
