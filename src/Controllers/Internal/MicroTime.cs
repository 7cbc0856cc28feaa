using System.Globalization;

namespace CrMonitor.Controllers;

/// <summary>Kubernetes' <c>MicroTime</c>. It is read with exactly six digits, also at a whole second.</summary>
internal static class MicroTime
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    public static string Write(DateTimeOffset time) => time.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);

    /// <summary>Reads what others wrote; <see langword="null"/> if it is no time.</summary>
    public static DateTimeOffset? Read(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
