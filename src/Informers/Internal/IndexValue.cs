namespace CrMonitor.Informers;

/// <summary>
/// A value of an index as a map's key. Strings are compared ordinally, everything else as it compares itself. Short strings stand in the key: the
/// stored one belongs to an object and lies somewhere among all of them.
/// </summary>
internal readonly struct IndexValue<TValue>(TValue value) : IEquatable<IndexValue<TValue>>
    where TValue : notnull
{
    private readonly PackedName _packed = value is string text ? PackedName.Of(text) : PackedName.None;

    public TValue Value { get; } = value;

    // Strings are what most indexes have; they are spared the way through a comparer of a shared generic type.
    public bool Equals(IndexValue<TValue> other) => _packed == other._packed
        && (_packed.IsPacked || (Value is string text && other.Value is string otherText
            ? string.Equals(text, otherText)
            : EqualityComparer<TValue>.Default.Equals(Value, other.Value)));

    public override bool Equals(object? obj) => obj is IndexValue<TValue> other && Equals(other);

    public override int GetHashCode() => Value is string ? (int)_packed.Hash(0) : Value.GetHashCode();
}
