using System.Net;
using System.Text;
using CsCheck;

namespace CrMonitor.Informers.Tests;

/// <summary>Whatever the bytes are and however they are cut: the same items, and then the same end.</summary>
public sealed class WireFuzzTests
{
    private const int Samples = 5_000;

    private static readonly Gen<string> Space = Gen.Frequency((8, Gen.Const("")), (1, Gen.Const(" ")), (1, Gen.Const("\r\t ")));

    private static readonly Gen<string> Text = OneOf(
        "", "a", "kind", "items", "metadata", "object", "type", "]}{[", "\\\"", "\\\\", "\\u00e9", "\\ud83d\\ude00", "\\ud800", "ü☃", "x,y: z").Select(text => $"\"{text}\"");

    private static readonly Gen<string> Value = ValueOf(3);

    private static readonly Gen<string> List = Gen.Select(Value.Array[0, 4], Text, Text, Value, Space).Select((items, version, kind, extra, space) =>
        $$"""{{space}}{"extra":{{extra}},{{space}}"kind":{{kind}},"metadata":{"resourceVersion"{{space}}:{{version}},"continue":""},"items":[{{string.Join($",{space}", items)}}]}{{space}}""");

    private static readonly Gen<string> Watch = Gen.Select(
        OneOf("ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR", "OTHER"), Value, Space, OneOf("\n", "\r\n", "\n\n")).Array[0, 6]
        .Select(events => string.Concat(events.Select(e => $$"""{{e.Item3}}{"type":"{{e.Item1}}",{{e.Item3}}"object":{{e.Item2}}}{{e.Item4}}""")));

    private static readonly Gen<int[]> Cuts = Gen.Int[1, 30].Array[1, 40];

    [Fact]
    public void A_list_gives_the_same_items_however_it_is_cut() => Gen.Select(List, Cuts).Sample(
        (list, cuts) =>
        {
            var bytes = Encoding.UTF8.GetBytes(list);
            Assert.Equal(ReadList(bytes, [bytes.Length]), ReadList(bytes, cuts));
        },
        iter: Samples);

    [Fact]
    public void A_watch_gives_the_same_events_however_it_is_cut() => Gen.Select(Watch, Cuts).Sample(
        (watch, cuts) =>
        {
            var bytes = Encoding.UTF8.GetBytes(watch);
            var whole = ReadWatch(bytes, [bytes.Length]);
            Assert.Equal("the end", whole[^1]);
            Assert.Equal(whole, ReadWatch(bytes, cuts));
        },
        iter: Samples);

    [Fact]
    public void Damaged_bytes_lead_to_a_decoding_error_or_to_none_and_to_the_same_however_they_are_cut() =>
        Gen.Select(Gen.OneOf(List, Watch).SelectMany(text => Damaged(Encoding.UTF8.GetBytes(text))), Cuts).Sample(
            (bytes, cuts) =>
            {
                Assert.Equal(ReadList(bytes, [bytes.Length]), ReadList(bytes, cuts));
                Assert.Equal(ReadWatch(bytes, [bytes.Length]), ReadWatch(bytes, cuts));
            },
            iter: 4 * Samples);

    [Fact]
    public void A_value_ends_at_the_same_byte_however_it_is_cut() =>
        Gen.Select(Gen.OneOf(Value.Select(Encoding.UTF8.GetBytes), Value.SelectMany(text => Damaged(Encoding.UTF8.GetBytes(text + " ")))), Cuts).Sample(
            (bytes, cuts) =>
            {
                var whole = default(JsonValueScanner);
                var ended = whole.Scan(bytes, out var expected);
                var scanner = default(JsonValueScanner);
                var position = 0;
                for (var i = 0; position < bytes.Length; i++)
                {
                    var piece = bytes.AsSpan(position, Math.Min(cuts[i % cuts.Length], bytes.Length - position));
                    var endedHere = scanner.Scan(piece, out var consumed);
                    position += consumed;
                    if (endedHere)
                    {
                        Assert.True(ended, "it ends only when cut");
                        break;
                    }
                }

                Assert.Equal(expected, position);
            },
            iter: Samples);

    [Fact]
    public void What_is_inside_an_event_leads_to_no_exception_but_of_a_bookmark_that_is_none() =>
        Gen.OneOf(Gen.Byte.Array[0, 100], Value.SelectMany(text => Damaged(Encoding.UTF8.GetBytes(text)))).Sample(
            bytes =>
            {
                new ObjectDecoder<Widget>(WidgetJson.Resource, keepManagedFields: false).Decode(bytes);
                Assert.NotEmpty(StatusBody.ToException("GET /", HttpStatusCode.BadGateway, bytes, null).Message);
                try
                {
                    Bookmark.Read(bytes);
                }
                catch (InvalidDataException)
                {
                    // Which is what the reader of the stream expects.
                }
            },
            iter: 4 * Samples);

    private static Gen<TValue> OneOf<TValue>(params TValue[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<string> ValueOf(int depth)
    {
        var simple = Gen.OneOf(Text, OneOf("null", "true", "-1.5e3", "0", "{}", "[]"));
        if (depth == 0)
        {
            return simple;
        }

        var inner = ValueOf(depth - 1);
        return Gen.Frequency(
            (2, simple),
            (2, Gen.Select(Text, Space, inner).Array[0, 4].Select(members => $"{{{string.Join(',', members.Select(m => $"{m.Item1}{m.Item2}:{m.Item3}"))}}}")),
            (1, Gen.Select(inner, Space).Array[0, 4].Select(values => $"[{string.Join(',', values.Select(v => v.Item2 + v.Item1))}]")));
    }

    private static Gen<byte[]> Damaged(byte[] bytes) =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, Math.Max(0, bytes.Length - 1)], Gen.OneOf(Gen.Byte, OneOf("{}[]\",:\\\n".Select(c => (byte)c).ToArray())))
            .Array[0, 4].Select(changes =>
            {
                List<byte> damaged = [.. bytes];
                foreach (var (kind, at, value) in changes.Where(change => change.Item2 < damaged.Count))
                {
                    switch (kind)
                    {
                        case 0:
                            damaged[at] = value;
                            break;
                        case 1:
                            damaged.Insert(at, value);
                            break;
                        case 2:
                            damaged.RemoveAt(at);
                            break;
                        default:
                            damaged.RemoveRange(at, damaged.Count - at);
                            break;
                    }
                }

                return damaged.ToArray();
            });

    private static List<string> ReadList(byte[] bytes, int[] cuts)
    {
        List<string> seen = [];
        var parser = new ListParser(json => seen.Add(Convert.ToHexString(json)));
        Read(parser, bytes, cuts, seen);
        seen.Insert(0, $"{parser.Kind} {parser.ResourceVersion} {parser.Continue}");
        return seen;
    }

    private static List<string> ReadWatch(byte[] bytes, int[] cuts)
    {
        List<string> seen = [];
        Read(
            new WatchParser((type, json) =>
            {
                seen.Add($"{type} {Convert.ToHexString(json)}");
                return true;
            }),
            bytes,
            cuts,
            seen);
        return seen;
    }

    // Any other exception fails the test.
    private static void Read(IBodyParser parser, byte[] bytes, int[] cuts, List<string> seen)
    {
        try
        {
            var position = 0;
            for (var i = 0; position < bytes.Length; i++)
            {
                var length = Math.Min(cuts[i % cuts.Length], bytes.Length - position);
                parser.Feed(bytes.AsSpan(position, length));
                position += length;
            }

            parser.Complete();
            seen.Add("the end");
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            seen.Add($"{e.GetType().Name}: {e.Message}");
        }
    }
}
