namespace CrMonitor.Benchmarks.Informers;

/// <summary>The form in which objects are held.</summary>
public enum Form
{
    Typed,
    Dynamic,
    Metadata,

    /// <summary>In none, the floor: of decoding, one pass of <c>Utf8JsonReader</c> over the same bytes; of streams, their lines.</summary>
    Reader,
}
