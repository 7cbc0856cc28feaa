namespace CrMonitor.Benchmarks.Informers;

/// <summary>The form in which objects are held.</summary>
public enum Form
{
    Typed,
    Dynamic,
    Metadata,
}
