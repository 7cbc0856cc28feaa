namespace CrMonitor.Controllers;

/// <summary>How a write is to be made.</summary>
public class WriteOptions
{
    /// <summary>
    /// The subresource to write, such as <c>status</c> or <c>scale</c>. <see cref="IKubeClient"/> says what is returned if that is of another kind.
    /// </summary>
    /// <value><see langword="null"/>, the object itself, by default.</value>
    public string? Subresource { get; init; }

    /// <summary>The server checks and answers, but stores nothing.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool DryRun { get; init; }

    /// <summary>In whose name fields are written.</summary>
    /// <value><see cref="CrMonitorOptions.FieldManager"/> by default.</value>
    public string? FieldManager { get; init; }
}
