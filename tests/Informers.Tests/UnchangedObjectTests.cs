namespace CrMonitor.Informers.Tests;

/// <summary>A relist decodes what has changed, and nothing else.</summary>
public sealed class UnchangedObjectTests
{
    [Fact]
    public async Task An_object_of_known_uid_and_version_is_kept_without_being_decoded()
    {
        await using var fixture = new InformerFixture();
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1), Json.Widget("b", 6, size: 1));
        var before = fixture.Informer.Lister.Get(new ObjectKey("default", "a"));

        // Its spec could not be decoded: that nobody says so shows that nobody tried.
        watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        (await fixture.AfterDelayAsync()).Request.List("30", Unreadable(Json.Widget("a", 5)), Json.Widget("b", 25, size: 2));
        await fixture.Server.NextWatchAsync();

        Assert.Same(before, fixture.Informer.Lister.Get(new ObjectKey("default", "a")));
        Assert.Equal(2, fixture.Informer.Lister.Get(new ObjectKey("default", "b"))!.Spec!.Size);
        Assert.Empty(fixture.Informer.InvalidObjects);
    }

    [Theory]
    [InlineData(5, "v-")]
    [InlineData(25, "u-")]
    public async Task An_object_of_another_uid_or_version_is_decoded(int version, string uid)
    {
        await using var fixture = new InformerFixture();
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        (await fixture.AfterDelayAsync()).Request.List("30", Unreadable(Json.Widget("a", version, uid: uid)));
        await fixture.Server.NextWatchAsync();

        Assert.Equal($"{uid}a", Assert.Single(fixture.Informer.InvalidObjects).Uid);
    }

    [Fact]
    public async Task Dynamic_objects_are_kept_as_well()
    {
        await using var fixture = new InformerFixture();
        var informer = fixture.Factory.Informer(DynamicObject.Of(WidgetJson.Resource));
        informer.Start();
        (await fixture.Server.NextListAsync()).List("20", Json.Widget("a", 5), Json.Widget("b", 6));
        var watch = (await fixture.Server.NextWatchAsync()).Open();
        var (a, b) = (informer.Lister.Get(new ObjectKey("default", "a")), informer.Lister.Get(new ObjectKey("default", "b")));

        watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        (await fixture.AfterDelayAsync()).Request.List("30", Json.Widget("a", 5), Json.Widget("b", 25));
        await fixture.Server.NextWatchAsync();

        Assert.Same(a, informer.Lister.Get(new ObjectKey("default", "a")));
        Assert.NotSame(b, informer.Lister.Get(new ObjectKey("default", "b")));
    }

    [Fact]
    public async Task Versions_of_an_object_share_the_texts_that_stay_and_take_nothing_else_from_the_one_before()
    {
        await using var fixture = new InformerFixture();
        var key = new ObjectKey("default", "a");
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        var before = fixture.Informer.Lister.Get(key)!;

        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 25, size: 2)));
        var after = (await fixture.Informer.WaitForAsync(key, widget => widget?.Metadata.ResourceVersion == "25", TestContext.Current.CancellationToken))!;
        Assert.Same(before.Metadata.Uid, after.Metadata.Uid);
        Assert.Same(before.Metadata.Name, after.Metadata.Name);

        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 26, size: 3, uid: "v-")));
        var again = (await fixture.Informer.WaitForAsync(key, widget => widget?.Metadata.ResourceVersion == "26", TestContext.Current.CancellationToken))!;
        Assert.Equal("v-a", again.Metadata.Uid);
    }

    private static string Unreadable(string widget) => widget.Replace("\"size\":0", "\"size\":\"many\"", StringComparison.Ordinal);
}
