namespace CrMonitor.ApiServer.Verbs;

/// <summary>How a write is done, and what it has to say besides its result.</summary>
internal sealed class WriteOptions
{
    public required string FieldManager { get; init; }

    /// <summary>Everything is done but the write.</summary>
    public bool IsDryRun { get; init; }

    public FieldValidation FieldValidation { get; init; }

    /// <summary>Server-side apply takes fields from their managers.</summary>
    public bool IsForced { get; init; }

    /// <summary>For the <c>Warning</c> headers of the answer.</summary>
    public List<string> Warnings { get; } = [];
}
