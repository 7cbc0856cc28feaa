namespace CrMonitor.Informers;

/// <summary>What happened to an object, as a handler sees it.</summary>
public enum ChangeKind
{
    /// <summary>The handler had not seen this key, or has been told of its deletion.</summary>
    Added,

    /// <summary>The object differs from the one last told, or (old and current are one instance) it is told again by a resync.</summary>
    Updated,

    /// <summary>The object is gone.</summary>
    Deleted,
}
