using System.Text;
using CsCheck;

namespace CrMonitor.Informers.Tests;

public sealed class WireTests
{
    private const string Tricky =
        """{ "kind" : "WidgetList", "extra":[1,{"items":[{}]},"a]\"}"], "n":-1.5e3 , "metadata" : {"continue":"c\u0041","resourceVersion":"7"} ,"items":[ {"a":"}{][\\\"","b":[[],{}]} ,{}, {"ü":"☃"}],"z":true}""";

    [Fact]
    public void A_list_gives_the_same_items_however_its_bytes_are_cut()
    {
        var bytes = Encoding.UTF8.GetBytes(Tricky);
        string[] expected = ["""{"a":"}{][\\\"","b":[[],{}]}""", "{}", """{"ü":"☃"}"""];
        Gen.Int[1, 40].Array[1, 60].Sample(cuts =>
        {
            List<string> items = [];
            var parser = new ListParser(json => items.Add(Encoding.UTF8.GetString(json)));
            Feed(parser, bytes, cuts);
            parser.Complete();
            Assert.Equal(expected, items);
            Assert.Equal(("WidgetList", "7", "cA"), (parser.Kind, parser.ResourceVersion, parser.Continue));
        });
    }

    [Fact]
    public void A_stream_gives_the_same_events_however_its_bytes_are_cut()
    {
        var text = Json.Event("ADDED", """{"a":"x\ny}"}""") + "\r\n" + """{"object":{"b":[1]},"type":"DELETED"}""" + "\n\n" + Json.Event("BOOKMARK", "{}")
            + """{"type":"MODIFIED","object":{"last":"without newline"}}""";
        Gen.Int[1, 40].Array[1, 60].Sample(cuts =>
        {
            List<string> events = [];
            var parser = new WatchParser((type, json) =>
            {
                events.Add($"{type} {Encoding.UTF8.GetString(json)}");
                return true;
            });
            Feed(parser, Encoding.UTF8.GetBytes(text), cuts);
            parser.Complete();
            Assert.Equal(["Added {\"a\":\"x\\ny}\"}", "Deleted {\"b\":[1]}", "Bookmark {}", "Modified {\"last\":\"without newline\"}"], events);
        });
    }

    [Fact]
    public void A_value_ends_at_the_same_byte_whether_its_bytes_come_one_by_one_or_together()
    {
        const string Likely = "{}[]\"\"\\\\:,a";
        Gen.Int[0, Likely.Length - 1].Select(i => (byte)Likely[i]).Array[0, 400].Sample(tail =>
        {
            byte[] bytes = [(byte)'{', (byte)'[', (byte)'{', .. tail];
            Assert.Equal(EndByPieces(bytes, 1), EndByPieces(bytes, bytes.Length));
            Assert.Equal(EndByPieces(bytes, 1), EndByPieces(bytes, 97));
        });

        static int EndByPieces(byte[] bytes, int size)
        {
            var scanner = default(JsonValueScanner);
            for (var position = 0; position < bytes.Length; position += size)
            {
                if (scanner.Scan(bytes.AsSpan(position, Math.Min(size, bytes.Length - position)), out var consumed))
                {
                    return position + consumed;
                }
            }

            return -1;
        }
    }

    [Fact]
    public void Random_bytes_lead_to_nothing_but_a_decoding_error()
    {
        const string Likely = "{\"items\":[{}},]:\\ \n\"type object metadata";
        Gen.OneOf(Gen.Byte.Array[0, 200], Gen.Int[0, Likely.Length - 1].Select(i => (byte)Likely[i]).Array[0, 200]).Sample(bytes =>
        {
            Survive(new ListParser(_ => { }), bytes);
            Survive(new WatchParser((_, _) => true), bytes);
            new ObjectDecoder<Widget>(WidgetJson.Resource, keepManagedFields: false).Decode(bytes);
        });
    }

    [Theory]
    [InlineData("""{"metadata":{"name":"a","managedFields":[{"manager":"x"}],"namespace":"ns","resourceVersion":"5"},"spec":{"size":1}}""")]
    [InlineData("""{"metadata":{"managedFields":[{"manager":"x"}] , "name":"a","namespace":"ns","resourceVersion":"5"},"spec":{"size":1}}""")]
    [InlineData("""{"spec":{"size":1},"metadata":{"name":"a","namespace":"ns","resourceVersion":"5" , "managedFields":[{"manager":"x"}]}}""")]
    [InlineData("""{"metadata":{"name":"a","namespace":"ns","resourceVersion":"5"},"spec":{"size":1}}""")]
    public void Managed_fields_are_left_out_wherever_they_stand(string json)
    {
        var decoded = new ObjectDecoder<Widget>(WidgetJson.Resource, keepManagedFields: false).Decode(Encoding.UTF8.GetBytes(json));

        Assert.Null(decoded.Error);
        Assert.Null(decoded.Object!.Metadata.ManagedFields);
        Assert.Equal(("a", "ns", "5", 1), (decoded.Key!.Value.Name, decoded.Key.Value.Namespace, decoded.ResourceVersion, decoded.Object.Spec!.Size));
        Assert.Equal(("Widget", "test.crmonitor.dev/v1"), (decoded.Object.Kind, decoded.Object.ApiVersion));
    }

    [Fact]
    public void Managed_fields_are_kept_if_they_are_wanted()
    {
        var json = """{"metadata":{"managedFields":[{"manager":"x"}],"name":"a"}}"""u8;
        Assert.Single(new ObjectDecoder<Widget>(WidgetJson.Resource, keepManagedFields: true).Decode(json).Object!.Metadata.ManagedFields);
    }

    [Fact]
    public void Only_a_managedFields_of_the_objects_own_metadata_is_left_out()
    {
        var header = ObjectHeader.Read("""{"spec":{"metadata":{"managedFields":[]}},"metadata":{"labels":{"managedFields":"x"},"name":"a"}}"""u8);
        Assert.Equal(default, header.ManagedFields);
        Assert.Equal("a", header.Key!.Value.Name);
    }

    private static void Feed(IBodyParser parser, ReadOnlySpan<byte> bytes, int[] cuts)
    {
        for (var i = 0; !bytes.IsEmpty; i++)
        {
            var length = Math.Min(cuts[i % cuts.Length], bytes.Length);
            parser.Feed(bytes[..length]);
            bytes = bytes[length..];
        }
    }

    private static void Survive(IBodyParser parser, byte[] bytes)
    {
        try
        {
            parser.Feed(bytes);
            parser.Complete();
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            // What a body that is none is to lead to.
        }
    }
}
