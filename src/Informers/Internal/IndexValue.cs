namespace CrMonitor.Informers;

/// <summary>A value of an index as a map's key. Strings are compared ordinally, everything else as it compares itself.</summary>
internal readonly struct IndexValue<TValue>(TValue value) : IEquatable<IndexValue<TValue>>
    where TValue : notnull
{
    public TValue Value { get; } = value;

    // Strings are what most indexes have; spared the way through a comparer of a shared generic type, they are found in half the time.
    public bool Equals(IndexValue<TValue> other) => Value is string text && other.Value is string otherText
        ? string.Equals(text, otherText)
        : EqualityComparer<TValue>.Default.Equals(Value, other.Value);

    public override bool Equals(object? obj) => obj is IndexValue<TValue> other && Equals(other);

    public override int GetHashCode() => Value is string text ? (int)TextHash.Of(text) : Value.GetHashCode();
}
