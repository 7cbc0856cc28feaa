using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace CrMonitor.Informers;

/// <summary>An object's key as the store's map holds it: with the bytes of the name in it, so that a look-up need not follow the reference to the stored string.</summary>
/// <remarks>
/// That string belongs to its object and lies somewhere among all of them, where a read costs more than the whole rest of the look-up. Of namespaces there are
/// few, and their strings are pooled.
/// </remarks>
internal readonly struct StoredKey : IEquatable<StoredKey>
{
    // The last byte of the packed name is its length, or tells that it is too long or no ASCII.
    private const int MaxLength = (PackedName.Words * sizeof(ulong)) - 1;
    private const byte NotPacked = byte.MaxValue;

    private readonly string? _namespace;
    private readonly string _name;
    private readonly PackedName _packed;

    public StoredKey(ObjectKey key)
    {
        _namespace = key.Namespace;
        _name = key.Name;
        var packed = default(PackedName);
        var bytes = MemoryMarshal.AsBytes((Span<ulong>)packed);
        if (_name.Length <= MaxLength && Ascii.FromUtf16(_name, bytes, out _) == OperationStatus.Done)
        {
            bytes[MaxLength] = (byte)_name.Length;
        }
        else
        {
            bytes.Clear();
            bytes[MaxLength] = NotPacked;
        }

        _packed = packed;
    }

    public ObjectKey Key => new(_namespace, _name);

    private bool IsPacked => MemoryMarshal.AsBytes((ReadOnlySpan<ulong>)_packed)[MaxLength] != NotPacked;

    public bool Equals(StoredKey other) =>
        _packed[0] == other._packed[0]
        && _packed[1] == other._packed[1]
        && _packed[2] == other._packed[2]
        && string.Equals(_namespace, other._namespace)
        && (IsPacked || string.Equals(_name, other._name));

    public override bool Equals(object? obj) => obj is StoredKey other && Equals(other);

    public override int GetHashCode()
    {
        var hash = _namespace is null ? 0 : TextHash.Of(_namespace);
        return (int)(IsPacked
            ? TextHash.Mix(TextHash.Mix(TextHash.Mix(hash, _packed[0]), _packed[1]), _packed[2])
            : TextHash.Mix(hash, TextHash.Of(_name)));
    }

    [InlineArray(Words)]
    private struct PackedName
    {
        public const int Words = 3;

        private ulong _first;
    }
}
