using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Storage;

/// <summary>A writer of JSON and its buffer, to be used again and again by one thread. The buffer stays as large as the largest that it wrote.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "A writer to memory holds nothing, and this one lasts as long as its thread.")]
internal sealed class JsonScratch
{
    // Clients are no browsers, and other servers do not escape either.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true, MaxDepth = JsonText.MaximumDepth };

    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly Utf8JsonWriter _writer;

    public JsonScratch() => _writer = new Utf8JsonWriter(_buffer, Options);

    /// <summary>The writer, with nothing written.</summary>
    public Utf8JsonWriter Begin()
    {
        _buffer.ResetWrittenCount();
        _writer.Reset();
        return _writer;
    }

    /// <summary>What was written, until the next <see cref="Begin"/>.</summary>
    public ReadOnlySpan<byte> End()
    {
        _writer.Flush();
        return _buffer.WrittenSpan;
    }

    /// <inheritdoc cref="End"/>
    public ReadOnlySpan<byte> Write(JsonNode node)
    {
        node.WriteTo(Begin());
        return End();
    }
}
