using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrMonitor.Informers;

/// <summary>The bytes of a name of up to 23 characters of ASCII, and their number; of other names, which are not packed, a hash.</summary>
internal readonly record struct PackedName
{
    private const int WordLength = sizeof(ulong);
    private const int MaxLength = (3 * WordLength) - 1;

    // The last byte tells the length.
    private const int LengthShift = (WordLength - 1) * 8;
    private const ulong NotPacked = (ulong)byte.MaxValue << LengthShift;
    private const ushort NotAscii = 0xFF80;

    private readonly ulong _first;
    private readonly ulong _second;
    private readonly ulong _third;

    private PackedName(ulong first, ulong second, ulong third)
    {
        _first = first;
        _second = second;
        _third = third;
    }

    /// <summary>The name itself need not be compared: these are its bytes.</summary>
    public bool IsPacked => _third != NotPacked;

    /// <summary>Of what is no name: equal to itself, and not packed.</summary>
    public static PackedName None { get; } = new(0, 0, NotPacked);

    public static PackedName Of(string name)
    {
        ref var first = ref Unsafe.AsRef(in name.GetPinnableReference());
        var length = (ulong)name.Length << LengthShift;
        switch (name.Length)
        {
            case > MaxLength:
                return HashOf(name);

            case >= 2 * WordLength:
                var (one, two, last) = (Word(ref first, 0), Word(ref first, WordLength), Word(ref first, name.Length - WordLength));
                return IsAscii(one | two | last)
                    ? new PackedName(Pack(one), Pack(two), Rest(last, name.Length - (2 * WordLength)) | length)
                    : HashOf(name);

            case >= WordLength:
                var (begin, end) = (Word(ref first, 0), Word(ref first, name.Length - WordLength));
                return IsAscii(begin | end)
                    ? new PackedName(Pack(begin), Rest(end, name.Length - WordLength), length)
                    : HashOf(name);

            default:
                var packed = 0ul;
                foreach (var character in name)
                {
                    if (!char.IsAscii(character))
                    {
                        return HashOf(name);
                    }

                    packed = packed << 8 | character;
                }

                return new PackedName(packed, 0, length);
        }
    }

    /// <summary>A hash of the name and something else. The three multiplications wait for each other as little as can be.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Hash(ulong other) => TextHash.Mix(TextHash.Mix(_first, _second), TextHash.Mix(_third, other));

    private static PackedName HashOf(string name) => new(TextHash.Of(name), 0, NotPacked);

    private static Vector128<ushort> Word(ref char first, int index) =>
        Vector128.LoadUnsafe(ref Unsafe.As<char, ushort>(ref Unsafe.Add(ref first, index)));

    private static bool IsAscii(Vector128<ushort> characters) => (characters & Vector128.Create(NotAscii)) == Vector128<ushort>.Zero;

    private static ulong Pack(Vector128<ushort> characters) => Vector128.Narrow(characters, characters).AsUInt64().ToScalar();

    // The last `count` of the eight characters, fewer than eight.
    private static ulong Rest(Vector128<ushort> characters, int count) => count == 0 ? 0 : Pack(characters) >> ((WordLength - count) * 8);
}
