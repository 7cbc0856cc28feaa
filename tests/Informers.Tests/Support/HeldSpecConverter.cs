using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;

namespace CrMonitor.Informers.Tests;

/// <summary>Reads the specs of widgets, and does not return from one of this size before the test says so.</summary>
internal sealed class HeldSpecConverter(int heldSize) : JsonConverter<WidgetSpec>, IDisposable
{
    private readonly Channel<bool> _entered = Channel.CreateUnbounded<bool>();
    private readonly BlockingCollection<bool> _released = [];

    /// <summary>Widgets that are read so.</summary>
    public KubeResource<Widget> Resource
    {
        get
        {
            var options = new JsonSerializerOptions(WidgetJson.Default.Options) { TypeInfoResolver = WidgetJson.Default };
            options.Converters.Add(this);
            return new KubeResource<Widget>((JsonTypeInfo<Widget>)options.GetTypeInfo(typeof(Widget)));
        }
    }

    /// <summary>Completes when one is held.</summary>
    public async Task Entered() => await _entered.Reader.ReadAsync(TestContext.Current.CancellationToken);

    /// <summary>Lets the one that is held go on.</summary>
    public void Release() => _released.Add(true);

    public void Dispose() => _released.Dispose();

    public override WidgetSpec Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var size = document.RootElement.GetProperty("size").GetInt32();
        if (size == heldSize)
        {
            _entered.Writer.TryWrite(true);
            _released.Take(TestContext.Current.CancellationToken);
        }

        return new WidgetSpec { Size = size };
    }

    public override void Write(Utf8JsonWriter writer, WidgetSpec value, JsonSerializerOptions options) => throw new NotSupportedException();
}
