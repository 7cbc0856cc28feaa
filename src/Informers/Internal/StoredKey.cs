namespace CrMonitor.Informers;

/// <summary>An object's key as the store's map holds it: with the bytes of the name in it, so that a look-up need not follow the reference to the stored string.</summary>
/// <remarks>
/// That string belongs to its object and lies somewhere among all of them, where a read costs more than the whole rest of the look-up. Of namespaces there are
/// few, and their strings are pooled.
/// </remarks>
internal readonly struct StoredKey : IEquatable<StoredKey>
{
    private readonly string? _namespace;
    private readonly string _name;
    private readonly PackedName _packed;

    public StoredKey(ObjectKey key)
    {
        _namespace = key.Namespace;
        _name = key.Name;
        _packed = PackedName.Of(_name);
    }

    public ObjectKey Key => new(_namespace, _name);

    public bool Equals(StoredKey other) =>
        _packed == other._packed
        && string.Equals(_namespace, other._namespace)
        && (_packed.IsPacked || string.Equals(_name, other._name));

    public override bool Equals(object? obj) => obj is StoredKey other && Equals(other);

    public override int GetHashCode() => (int)_packed.Hash(_namespace is null ? 0 : TextHash.Of(_namespace));
}
