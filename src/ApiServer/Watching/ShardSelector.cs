using System.Buffers;
using System.Text;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Storage;

namespace CrMonitor.ApiServer.Watching;

/// <summary>A parsed <c>shardSelector</c> (KEP-5866): the objects whose hash falls into one of several ranges. Immutable.</summary>
/// <remarks>
/// Clusters of 1.36 have this behind a feature gate that is off by default, and then pass the parameter over; here it is always on.
/// </remarks>
internal sealed class ShardSelector
{
    public static readonly ShardSelector Everything = new([]);

    private const string Uid = "object.metadata.uid";
    private const string Namespace = "object.metadata.namespace";

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private readonly IReadOnlyList<ShardRange> _ranges;

    private ShardSelector(IReadOnlyList<ShardRange> ranges) => _ranges = ranges;

    public bool IsEverything => _ranges.Count == 0;

    /// <exception cref="ApiException">500, as a cluster answers: the text is not a selector.</exception>
    public static ShardSelector Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return Everything;
        }

        try
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                throw new FormatException("empty shard selector is not allowed; omit the parameter for unfiltered lists");
            }

            var ranges = new ShardExpression(text).Read().Select(static call => ReadRange(call)).ToList();
            return ranges.FirstOrDefault(r => r.Field != ranges[0].Field) is { } other
                ? throw new FormatException($"all shard ranges must use the same field, got \"{ranges[0].Field}\" and \"{other.Field}\"")
                : new ShardSelector(ranges);
        }
        catch (FormatException e)
        {
            throw ApiErrors.Unclassified($"invalid shard selector: {e.Message}");
        }
    }

    public bool Matches(StoredObject obj)
    {
        if (IsEverything)
        {
            return true;
        }

        var hash = Hash(_ranges[0].Field == Uid ? obj.Uid : obj.Namespace);
        foreach (var range in _ranges)
        {
            if (hash >= range.First && hash <= range.Last)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>As it is echoed to clients.</summary>
    public override string ToString() => string.Join(" || ", _ranges);

    // FNV-1a of 64 bits, so that every server comes to the same.
    private static ulong Hash(string value)
    {
        var hash = 14695981039346656037UL;
        foreach (var b in Encoding.UTF8.GetBytes(value))
        {
            hash = unchecked((hash ^ b) * 1099511628211UL);
        }

        return hash;
    }

    private static ShardRange ReadRange(IReadOnlyList<(string Text, bool IsLiteral)> arguments)
    {
        if (arguments.Count != 3)
        {
            throw new FormatException($"shardRange() requires exactly 3 arguments, got {arguments.Count}");
        }

        var (field, isLiteral) = arguments[0];
        if (isLiteral)
        {
            throw new FormatException("shardRange() first argument: expected field path (e.g. object.metadata.uid), got expression kind 5");
        }

        if (field is not (Uid or Namespace))
        {
            throw new FormatException($"unsupported field path \"{field}\"; supported: {Uid}, {Namespace}");
        }

        var start = ReadBound(arguments[1], "hexStart");
        var end = ReadBound(arguments[2], "hexEnd");
        var (from, to) = (Value(start), Value(end));
        return from < to
            ? new ShardRange(field, start, end, (ulong)from, (ulong)(to - 1))
            : throw new FormatException($"shard range start {start} must be less than end {end}");
    }

    private static UInt128 Value(string bound) => UInt128.Parse(bound.AsSpan(2), System.Globalization.NumberStyles.HexNumber, null);

    private static string ReadBound((string Text, bool IsLiteral) argument, string name)
    {
        const string Top = "0x10000000000000000";
        if (!argument.IsLiteral)
        {
            throw new FormatException($"{name} must be a string literal (e.g. '0xff'), got expression kind {(argument.Text.Contains('.', StringComparison.Ordinal) ? 7 : 3)}");
        }

        var text = argument.Text;
        if (!text.StartsWith("0x", StringComparison.Ordinal))
        {
            throw new FormatException($"{name} must have '0x' prefix, got \"{text}\"");
        }

        var digits = text[2..];
        if (digits.Length == 0)
        {
            throw new FormatException($"{name}: hex value is required after '0x'");
        }

        if (digits.Length > 17)
        {
            throw new FormatException($"{name}: hex value too long ({digits.Length} chars, max 17): \"{digits}\"");
        }

        if (digits.AsSpan().IndexOfAnyExcept(HexDigits) is >= 0 and var at)
        {
            throw new FormatException($"{name}: invalid hex character \"{digits[at]}\" in \"{text}\"");
        }

        return digits.Length switch
        {
            16 => text,
            17 when text == Top => text,
            17 => throw new FormatException($"{name}: 17-digit hex value must be '{Top}' (2^64), got \"{text}\""),
            _ => throw new FormatException(
                $"{name} must be a 0x-prefixed 16-digit hex value, got \"{text}\" (did you mean \"0x{digits.PadLeft(16, '0')}\"?)"),
        };
    }
}
