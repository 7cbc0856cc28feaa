using System.Text;

namespace CrMonitor.Informers.Tests;

/// <summary>Objects that cannot be decoded, or are too large, are told one by one and cost nothing but themselves.</summary>
public sealed class InvalidObjectTests
{
    private const int Limit = 1024;

    [Fact]
    public async Task An_invalid_object_can_be_looked_at_until_it_heals()
    {
        await using var fixture = new InformerFixture(options: time => new() { TimeProvider = time, KeepInvalidBytes = true });
        var handler = new RecordingHandler();
        fixture.Informer.AddHandler(handler);
        var broken = Broken("a", 5);
        var watch = await fixture.SyncAsync("20", broken);

        var invalid = Assert.Single(fixture.Informer.InvalidObjects);
        Assert.Equal((new ObjectKey("default", "a"), "u-a", "5", "$.spec.size"), (invalid.Key, invalid.Uid, invalid.ResourceVersion, invalid.JsonPath));
        Assert.Equal(broken, Encoding.UTF8.GetString(invalid.Json.Span));
        Assert.StartsWith("default/a at $.spec.size: ", invalid.ToString(), StringComparison.Ordinal);

        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 21, size: 1)));
        await handler.NextAsync();
        Assert.Empty(fixture.Informer.InvalidObjects);
    }

    [Fact]
    public async Task An_invalid_object_goes_when_it_is_deleted_or_missing_from_a_list()
    {
        await using var fixture = new InformerFixture();
        var handler = new RecordingHandler();
        fixture.Informer.AddHandler(handler);
        var watch = await fixture.SyncAsync("20", Broken("a", 5), Broken("b", 6));
        Assert.Equal(["a", "b"], fixture.Informer.InvalidObjects.Select(invalid => invalid.Key.Name).Order());
        Assert.All(fixture.Informer.InvalidObjects, invalid => Assert.True(invalid.Json.IsEmpty));

        watch.Send(Json.Event("DELETED", Broken("a", 21)));
        watch.Send(Json.Event("ADDED", Json.Widget("c", 22, size: 1)));
        await handler.NextAsync();
        Assert.Equal("b", Assert.Single(fixture.Informer.InvalidObjects).Key.Name);

        watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        (await fixture.AfterDelayAsync()).Request.List("30", Json.Widget("c", 22, size: 1));
        await fixture.Server.NextWatchAsync();
        Assert.Empty(fixture.Informer.InvalidObjects);
    }

    [Fact]
    public async Task An_object_above_the_limit_is_refused_and_its_last_state_stays()
    {
        await using var fixture = new InformerFixture(options: time => new() { TimeProvider = time, MaxObjectSize = Limit });
        var handler = new RecordingHandler();
        fixture.Informer.AddHandler(handler);
        var watch = await fixture.SyncAsync("20", Large("l", 5), Json.Widget("a", 6, size: 1));
        Assert.Equal("Added default/a ->1 initial", await handler.NextTextAsync());
        Assert.Contains("larger than 1024 bytes", Assert.Single(fixture.Informer.InvalidObjects).Error.Message, StringComparison.Ordinal);

        watch.Send(Json.Event("MODIFIED", Large("a", 21)));
        watch.Send(Json.Event("ADDED", Json.Widget("b", 22, size: 2)));
        Assert.Equal("Added default/b ->2", await handler.NextTextAsync());
        Assert.Equal(1, fixture.Informer.Lister.Get(new ObjectKey("default", "a"))!.Spec!.Size);
        Assert.Equal(["a 21", "l 5"], fixture.Informer.InvalidObjects.Select(invalid => $"{invalid.Key.Name} {invalid.ResourceVersion}").Order());

        watch.Send(Json.Event("DELETED", Large("a", 23)));
        Assert.Equal("Deleted default/a 1-> unknown", await handler.NextTextAsync());
        Assert.Equal("l", Assert.Single(fixture.Informer.InvalidObjects).Key.Name);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(5000)]
    public void Of_an_object_above_the_limit_only_the_beginning_is_read_however_it_is_cut(int pieceSize)
    {
        List<string> told = [];
        var large = Large("l", 5);
        var list = new ListParser(json => told.Add($"item {json.Length}"), beginning => told.Add($"large {beginning.Length}"), Limit);
        Feed(list, Json.List("20", [large, Json.Widget("a", 6), large]), pieceSize);
        list.Complete();
        var small = Json.Widget("a", 6).Length;
        Assert.Equal([$"large {Limit}", $"item {small}", $"large {Limit}"], told);

        told.Clear();
        var watch = new WatchParser(
            (type, json) => Tell($"{type} {json.Length}"), (type, beginning) => Tell($"{type} large {beginning.Length}"), Limit);
        Feed(watch, Json.Event("ADDED", large) + Json.Event("MODIFIED", Json.Widget("a", 6)) + Json.Event("DELETED", large), pieceSize);
        watch.Complete();
        Assert.Equal([$"Added large {Limit}", $"Modified {small}", $"Deleted large {Limit}"], told);

        bool Tell(string text)
        {
            told.Add(text);
            return true;
        }
    }

    [Fact]
    public void A_list_whose_own_fields_are_above_the_limit_is_no_list()
    {
        var parser = new ListParser(_ => { }, _ => { }, Limit);
        Assert.Throws<InvalidDataException>(() => Feed(parser, $$$"""{"metadata":{"continue":"{{{new string('x', Limit)}}}"}}""", 100));
    }

    private static string Broken(string name, int version) => Json.Widget(name, version).Replace("\"size\":0", "\"size\":\"many\"", StringComparison.Ordinal).Trim();

    private static string Large(string name, int version) =>
        Json.Widget(name, version).Replace("\"size\":0", $"\"size\":0,\"note\":\"{new string('x', 2 * Limit)}\"", StringComparison.Ordinal);

    private static void Feed(IBodyParser parser, string text, int pieceSize)
    {
        foreach (var piece in Encoding.UTF8.GetBytes(text).Chunk(pieceSize))
        {
            parser.Feed(piece);
        }
    }
}
