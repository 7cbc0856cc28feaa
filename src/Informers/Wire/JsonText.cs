using System.Text;
using System.Text.Json;

namespace CrMonitor.Informers;

/// <summary>Reads a JSON string.</summary>
internal static class JsonText
{
    /// <param name="json">The string with its quotes.</param>
    /// <param name="isPooled">Other objects may have the same string.</param>
    /// <returns><see langword="null"/> if the bytes are no string.</returns>
    public static string? Read(ReadOnlySpan<byte> json, bool isPooled)
    {
        if (json is not [(byte)'"', .. var inner, (byte)'"'])
        {
            return null;
        }

        if (!inner.Contains((byte)'\\'))
        {
            return isPooled && StringPool.TryGet(inner, out var pooled) ? pooled : Encoding.UTF8.GetString(inner);
        }

        try
        {
            var reader = new Utf8JsonReader(json);
            return reader.Read() ? reader.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // An escape that is none.
            return null;
        }
    }

    /// <summary>The bytes are a JSON string, and its text is <paramref name="text"/>.</summary>
    public static bool Is(ReadOnlySpan<byte> json, ReadOnlySpan<byte> text)
    {
        if (json is not [(byte)'"', .. var inner, (byte)'"'])
        {
            return false;
        }

        if (!inner.Contains((byte)'\\'))
        {
            return inner.SequenceEqual(text);
        }

        var reader = new Utf8JsonReader(json);
        return reader.Read() && reader.ValueTextEquals(text);
    }
}
