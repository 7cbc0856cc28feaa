namespace CrMonitor.Informers;

/// <summary>Takes the bytes of one JSON value. They are valid during the call only.</summary>
internal delegate void JsonHandler(ReadOnlySpan<byte> json);
