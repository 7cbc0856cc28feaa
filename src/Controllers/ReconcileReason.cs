using CrMonitor.Informers;

namespace CrMonitor.Controllers;

/// <summary>One of the reasons why a reconcile runs.</summary>
/// <param name="Trigger">What happened.</param>
/// <param name="Kind">The kind of the other object that it happened to; <see langword="null"/> if it was the reconciled object itself.</param>
/// <param name="Key">The other object; <see langword="null"/> if it was the reconciled object itself.</param>
public readonly record struct ReconcileReason(ReconcileTrigger Trigger, string? Kind = null, ObjectKey? Key = null)
{
    /// <inheritdoc/>
    public override string ToString() => Key is null ? Trigger.ToString() : $"{Trigger} {Kind} {Key}";
}
