using CrMonitor.Informers;

namespace CrMonitor.Controllers;

/// <summary>An object cannot get a controller, because it has another one.</summary>
public sealed class AlreadyOwnedException : InvalidOperationException
{
    internal AlreadyOwnedException(string message, ObjectKey key, string ownerKind, string ownerName)
        : base(message)
    {
        Key = key;
        OwnerKind = ownerKind;
        OwnerName = ownerName;
    }

    /// <summary>The object that has a controller already.</summary>
    public ObjectKey Key { get; }

    /// <summary>The kind of its controller.</summary>
    public string OwnerKind { get; }

    /// <summary>The name of its controller.</summary>
    public string OwnerName { get; }
}
