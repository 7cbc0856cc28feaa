namespace CrMonitor.Controllers;

/// <summary>How an object is to be deleted, and which one exactly.</summary>
public sealed class DeleteOptions
{
    /// <summary>Delete only the object with this uid, not a later one of the same name; else the server answers with a conflict.</summary>
    public string? Uid { get; init; }

    /// <summary>Delete only this version of the object; else the server answers with a conflict.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>What becomes of owned objects.</summary>
    /// <value><see langword="null"/> by default: the server decides by kind (background for custom resources).</value>
    public DeletePropagation? Propagation { get; init; }

    /// <summary>The time that the object gets to end, in whole seconds.</summary>
    /// <value><see langword="null"/> by default: the server decides.</value>
    public TimeSpan? GracePeriod { get; init; }

    /// <summary>The server checks and answers, but deletes nothing.</summary>
    public bool DryRun { get; init; }
}
