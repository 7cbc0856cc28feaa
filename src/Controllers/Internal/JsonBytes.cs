using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrMonitor.Controllers;

/// <summary>JSON as the bytes that are sent.</summary>
internal static class JsonBytes
{
    public static ReadOnlyMemory<byte> Of(JsonNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return Write(writer => node.WriteTo(writer));
    }

    public static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        return buffer.WrittenMemory;
    }
}
