namespace CrMonitor.Controllers;

/// <summary>What becomes of the objects that a deleted object owns.</summary>
public enum DeletePropagation
{
    /// <summary>They are deleted afterwards.</summary>
    Background,

    /// <summary>They are deleted first; the owner stays until those with <c>blockOwnerDeletion</c> are gone.</summary>
    Foreground,

    /// <summary>They stay, without this owner.</summary>
    Orphan,
}
