using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>Times as <c>kubectl get</c> shows them: the age, with two or three significant figures.</summary>
internal static class HumanDuration
{
    private const int Year = 365;

    /// <summary>
    /// The age of a timestamp field: <c>&lt;unknown&gt;</c> where it is absent, <c>&lt;invalid&gt;</c> where it is none or far in the future.
    /// </summary>
    public static string Since(JsonNode? timestamp, DateTimeOffset now)
    {
        if (timestamp is null)
        {
            return "<unknown>";
        }

        return timestamp.GetValueKind() == JsonValueKind.String
            && DateTimeOffset.TryParse(timestamp.GetValue<string>(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? Format(now - time)
            : "<invalid>";
    }

    public static string Format(TimeSpan duration)
    {
        // Clocks differ a little: up to two seconds in the future are now.
        if (duration <= TimeSpan.FromSeconds(-2))
        {
            return "<invalid>";
        }

        var (seconds, minutes, hours) = ((long)duration.TotalSeconds, (long)duration.TotalMinutes, (long)duration.TotalHours);
        var days = hours / 24;
        FormattableString text = (seconds, minutes, hours) switch
        {
            ( < 0, _, _) => $"0s",
            ( < 120, _, _) => $"{seconds}s",
            (_, < 10, _) => seconds % 60 == 0 ? $"{minutes}m" : (FormattableString)$"{minutes}m{seconds % 60}s",
            (_, < 180, _) => $"{minutes}m",
            (_, _, < 8) => minutes % 60 == 0 ? $"{hours}h" : (FormattableString)$"{hours}h{minutes % 60}m",
            (_, _, < 48) => $"{hours}h",
            (_, _, < 24 * 8) => hours % 24 == 0 ? $"{days}d" : (FormattableString)$"{days}d{hours % 24}h",
            (_, _, < 24 * Year * 2) => $"{days}d",
            (_, _, < 24 * Year * 8) => days % Year == 0 ? $"{days / Year}y" : (FormattableString)$"{days / Year}y{days % Year}d",
            _ => $"{days / Year}y",
        };
        return FormattableString.Invariant(text);
    }
}
