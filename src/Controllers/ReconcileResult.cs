namespace CrMonitor.Controllers;

/// <summary>What a reconciler answers: when its object needs the next run.</summary>
/// <remarks>
/// A failure that a retry may cure is an exception, not a result: it is retried with a growing, capped delay, for ever.
/// The default value is <see cref="Done"/>.
/// </remarks>
public readonly record struct ReconcileResult
{
    private ReconcileResult(ReconcileResultKind kind, TimeSpan delay = default, string? reason = null)
    {
        Kind = kind;
        Delay = delay;
        Reason = reason;
    }

    /// <summary>The object is as desired. The failure count is reset, and the next run comes with the next change.</summary>
    public static ReconcileResult Done => default;

    /// <summary>Run again soon: with the controller's backoff, which keeps growing until a run ends otherwise.</summary>
    public static ReconcileResult Requeue => new(ReconcileResultKind.Requeue);

    /// <summary>What kind of answer this is.</summary>
    public ReconcileResultKind Kind { get; }

    /// <summary>The time until the next run, for <see cref="ReconcileResultKind.After"/>; else zero.</summary>
    public TimeSpan Delay { get; }

    /// <summary>Why no retry can help, for <see cref="ReconcileResultKind.Terminal"/>; else <see langword="null"/>.</summary>
    public string? Reason { get; }

    /// <summary>Run again after <paramref name="delay"/>, or earlier if something changes before. The failure count is reset.</summary>
    /// <param name="delay">The time to wait. Zero or less means at once.</param>
    public static ReconcileResult After(TimeSpan delay) => new(ReconcileResultKind.After, delay);

    /// <summary>It failed and is not retried; it is logged and counted as an error. The next change of the object starts the next run.</summary>
    /// <param name="reason">What is wrong and what would help, for the log.</param>
    public static ReconcileResult Terminal(string reason)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return new(ReconcileResultKind.Terminal, reason: reason);
    }

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        ReconcileResultKind.After => $"After({Delay})",
        ReconcileResultKind.Terminal => $"Terminal({Reason})",
        _ => Kind.ToString(),
    };
}
