using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace CrMonitor.Informers;

/// <summary>Reads a Kubernetes <c>Status</c>, the body of a refusal and the object of an ERROR event.</summary>
internal static class StatusBody
{
    private const int MaxQuotedLength = 300;

    /// <param name="request">What was asked, for the message.</param>
    /// <param name="statusCode">The code of the HTTP response; <see langword="null"/> inside a watch, where the Status says it.</param>
    /// <param name="body">The bytes, a Status or not.</param>
    /// <param name="retryAfter">What the response's header says.</param>
    public static KubeApiException ToException(string request, HttpStatusCode? statusCode, ReadOnlySpan<byte> body, TimeSpan? retryAfter)
    {
        var status = TryParse(body);
        var code = statusCode ?? (HttpStatusCode)(status?.Code ?? 0);
        var said = status?.Message is { Length: > 0 } message ? message : Quote(body);
        return new KubeApiException(
            code,
            status?.Reason ?? "",
            string.Create(CultureInfo.InvariantCulture, $"{request}: {(int)code} {status?.Reason ?? code.ToString()}: {said}"))
        {
            RetryAfter = retryAfter ?? status?.RetryAfter,
            IsTooLargeResourceVersion = status?.IsTooLargeResourceVersion ?? false,
        };
    }

    private static string Quote(ReadOnlySpan<byte> body)
    {
        var text = Encoding.UTF8.GetString(body[..Math.Min(body.Length, MaxQuotedLength)]).Trim();
        return text.Length == 0 ? "the answer has no body" : text;
    }

    private static Fields? TryParse(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || Text(root, "kind") != "Status")
            {
                return null;
            }

            var reason = Text(root, "reason");
            var message = Text(root, "message");
            TimeSpan? retryAfter = null;
            var tooLarge = false;
            if (root.TryGetProperty("details", out var details) && details.ValueKind == JsonValueKind.Object)
            {
                if (Number(details, "retryAfterSeconds") is { } seconds and > 0)
                {
                    retryAfter = TimeSpan.FromSeconds(seconds);
                }

                if (details.TryGetProperty("causes", out var causes) && causes.ValueKind == JsonValueKind.Array)
                {
                    tooLarge = causes.EnumerateArray().Any(cause =>
                        cause.ValueKind == JsonValueKind.Object
                        && (Text(cause, "reason") == "ResourceVersionTooLarge" || IsTooLargeMessage(Text(cause, "message"))));
                }
            }

            // Servers before 1.19 say it in the message alone.
            tooLarge |= reason == "Timeout" && IsTooLargeMessage(message);
            return new Fields(Number(root, "code") ?? 0, reason, message, retryAfter, tooLarge);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A proxy's page, say, or (InvalidOperationException) a text that is no UTF-8. It is quoted as it is.
            return null;
        }
    }

    private static bool IsTooLargeMessage(string message) => message.Contains("Too large resource version", StringComparison.Ordinal);

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() ?? "" : "";

    private static int? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;

    private sealed record Fields(int Code, string Reason, string Message, TimeSpan? RetryAfter, bool IsTooLargeResourceVersion);
}
