namespace CrMonitor.Controllers;

/// <summary>How a server-side apply is to be made.</summary>
public sealed class ApplyOptions : WriteOptions
{
    /// <summary>Take fields over that another manager has set to another value; else the server answers with a conflict that names them.</summary>
    /// <value><see langword="true"/> by default, as is advised for controllers: two that fight over a field cannot be helped by failing.</value>
    public bool Force { get; init; } = true;
}
