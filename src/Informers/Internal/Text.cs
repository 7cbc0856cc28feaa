namespace CrMonitor.Informers;

/// <summary>A string as a map's key. A struct, so that the map's code is compiled for it and compares ordinally without an interface call.</summary>
internal readonly record struct Text(string Value)
{
    public bool Equals(Text other) => string.Equals(Value, other.Value);

    public override int GetHashCode() => (int)TextHash.Of(Value);
}
