using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace CrMonitor.ApiServer.Schema;

/// <summary>The <c>format</c>s that a Kubernetes API server checks. Others are ignored.</summary>
internal static partial class StringFormats
{
    private static readonly Dictionary<string, Func<string, bool>> Checks = new(StringComparer.Ordinal)
    {
        ["bsonobjectid"] = s => s.Length == 24 && s.All(char.IsAsciiHexDigit),
        ["uri"] = s => Uri.TryCreate(s, UriKind.Absolute, out _) || s.StartsWith('/'),
        ["email"] = s => Email.IsMatch(s),
        ["hostname"] = s => s.Length is > 0 and <= 255 && Hostname.IsMatch(s),
        ["ipv4"] = IsIPv4,
        ["ipv6"] = s => s.Contains(':', StringComparison.Ordinal) && !s.Contains('%', StringComparison.Ordinal)
            && IPAddress.TryParse(s, out var a) && a.AddressFamily == AddressFamily.InterNetworkV6,
        ["cidr"] = IsCidr,
        ["mac"] = s => Mac.IsMatch(s),
        ["uuid"] = s => Uuid.IsMatch(s),
        ["uuid3"] = s => Uuid.IsMatch(s) && Version(s) == '3',
        ["uuid4"] = s => Uuid.IsMatch(s) && Version(s) == '4' && IsVariant(s),
        ["uuid5"] = s => Uuid.IsMatch(s) && Version(s) == '5' && IsVariant(s),
        ["isbn"] = s => IsIsbn10(s) || IsIsbn13(s),
        ["isbn10"] = IsIsbn10,
        ["isbn13"] = IsIsbn13,
        ["creditcard"] = IsCreditCard,
        ["ssn"] = s => Ssn.IsMatch(s),
        ["hexcolor"] = s => HexColor.IsMatch(s),
        ["rgbcolor"] = s => RgbColor.IsMatch(s),
        ["byte"] = s => s.Length > 0 && !s.Contains(' ', StringComparison.Ordinal) && Base64.IsValid(s),
        ["password"] = _ => true,
        ["date"] = s => DateOnly.TryParseExact(s, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        ["duration"] = s => Duration.IsMatch(s),
        ["datetime"] = IsDateTime,
        ["k8sshortname"] = s => s.Length <= 63 && ShortName.IsMatch(s),
        ["k8slongname"] = s => s.Length <= 253 && s.Split('.').All(p => ShortName.IsMatch(p)),
    };

    /// <summary>The schema's format where it is one that is checked for its type; <see langword="null"/> otherwise.</summary>
    public static string? Effective(StructuralSchema schema) =>
        schema.Format is { Length: > 0 } format && !schema.IsIntOrString && IsKnown(schema.Type, format) ? format : null;

    public static bool IsKnown(string type, string format) => type switch
    {
        "" or "string" => Checks.ContainsKey(Normalize(format)),
        "integer" => format is "int32" or "int64",
        "number" => format is "float" or "double",
        _ => false,
    };

    /// <summary>Whether a string has a format that <see cref="Effective"/> returned.</summary>
    public static bool IsValid(string format, string value) => Checks[Normalize(format)](value);

    private static string Normalize(string format) => format.Replace("-", "", StringComparison.Ordinal);

    private static bool IsIPv4(string text) =>
        text.Split('.') is { Length: 4 } parts && parts.All(p =>
            p.Length is > 0 and <= 3 && p.All(char.IsAsciiDigit) && int.Parse(p, CultureInfo.InvariantCulture) <= 255
                && (p.Length == 1 || p[0] != '0'));

    private static bool IsCidr(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var bits))
        {
            return false;
        }

        var address = text[..slash];
        return IsIPv4(address) ? bits <= 32 : Checks["ipv6"](address) && bits <= 128;
    }

    private static bool IsDateTime(string text)
    {
        var t = text.IndexOfAny(['T', 't']);
        return t > 0 && Checks["date"](text[..t])
            && Time.Match(text[(t + 1)..]) is { Success: true } m
            && string.CompareOrdinal(m.Groups[1].Value, "23") <= 0 && string.CompareOrdinal(m.Groups[2].Value, "59") <= 0
            && string.CompareOrdinal(m.Groups[3].Value, "59") <= 0;
    }

    private static char Version(string uuid) => uuid.Replace("-", "", StringComparison.Ordinal)[12];

    private static bool IsVariant(string uuid) => uuid.Replace("-", "", StringComparison.Ordinal)[16] is '8' or '9' or 'a' or 'b' or 'A' or 'B';

    private static bool IsIsbn10(string text)
    {
        var digits = text.Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
        if (digits.Length != 10 || !digits[..9].All(char.IsAsciiDigit) || !(char.IsAsciiDigit(digits[9]) || digits[9] == 'X'))
        {
            return false;
        }

        return digits.Select((c, i) => (i + 1) * (c == 'X' ? 10 : c - '0')).Sum() % 11 == 0;
    }

    private static bool IsIsbn13(string text)
    {
        var digits = text.Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
        return digits.Length == 13 && digits.All(char.IsAsciiDigit) && digits.Select((c, i) => (i % 2 == 0 ? 1 : 3) * (c - '0')).Sum() % 10 == 0;
    }

    private static bool IsCreditCard(string text)
    {
        var digits = new string([.. text.Where(char.IsAsciiDigit)]);
        return CreditCard.IsMatch(digits)
            && digits.Reverse().Select((c, i) => i % 2 == 0 ? c - '0' : (c - '0') * 2 is var d && d > 9 ? d - 9 : (c - '0') * 2).Sum() % 10 == 0;
    }

    [GeneratedRegex(@"^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|Z|([+-][0-9]{2}:[0-9]{2}))\z")]
    private static partial Regex Time { get; }

    [GeneratedRegex(@"^[^@\s<>""]+@[^@\s<>""]+\z")]
    private static partial Regex Email { get; }

    [GeneratedRegex(
        @"^([a-zA-Z0-9\p{L}]([a-zA-Z0-9\p{L}-]{0,61}[a-zA-Z0-9\p{L}])?)(\.[a-zA-Z0-9\p{L}]([a-zA-Z0-9\p{L}-]{0,61}[a-zA-Z0-9\p{L}])?)*\.?\z")]
    private static partial Regex Hostname { get; }

    [GeneratedRegex(@"^([0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}|[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){7}|[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){19}|[0-9a-fA-F]{4}(\.[0-9a-fA-F]{4}){2}|[0-9a-fA-F]{4}(\.[0-9a-fA-F]{4}){3})\z")]
    private static partial Regex Mac { get; }

    [GeneratedRegex(@"^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}\z")]
    private static partial Regex Uuid { get; }

    [GeneratedRegex(@"^[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}\z")]
    private static partial Regex Ssn { get; }

    [GeneratedRegex(@"^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})\z")]
    private static partial Regex HexColor { get; }

    [GeneratedRegex(@"^rgb\(\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*\)\z")]
    private static partial Regex RgbColor { get; }

    [GeneratedRegex(@"^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35[0-9]{3})[0-9]{11})\z")]
    private static partial Regex CreditCard { get; }

    [GeneratedRegex(@"^(0|[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)\s*(ns|us|µs|μs|ms|s|m|h|d|w|nanoseconds?|nanos?|microseconds?|micros?|milliseconds?|millis?|seconds?|minutes?|hours?|days?|weeks?|min|hr|sec|nano|micro|milli)+(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))*)\z")]
    private static partial Regex Duration { get; }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex ShortName { get; }
}
