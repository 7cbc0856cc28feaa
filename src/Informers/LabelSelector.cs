namespace CrMonitor.Informers;

/// <summary>A parsed label selector: which label sets match.</summary>
/// <remarks>Immutable; may be shared between threads.</remarks>
public sealed class LabelSelector
{
}
