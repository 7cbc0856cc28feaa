namespace CrMonitor.ApiServer.Verbs;

/// <summary>What happens to unknown and duplicate fields, besides that unknown ones are not stored.</summary>
internal enum FieldValidation
{
    /// <summary>Nobody is told.</summary>
    Ignore,

    /// <summary>The answer names them in <c>Warning</c> headers.</summary>
    Warn,

    /// <summary>The write is refused.</summary>
    Strict,
}
