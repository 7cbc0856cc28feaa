namespace CrMonitor.Benchmarks.Informers;

/// <summary>The form in which objects are held.</summary>
public enum Form
{
    Typed,
    Dynamic,
    Metadata,

    /// <summary>In none: one pass of <c>Utf8JsonReader</c> over the same bytes, the floor of decoding.</summary>
    Reader,
}
