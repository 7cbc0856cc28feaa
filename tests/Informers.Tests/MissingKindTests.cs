using System.Net;

namespace CrMonitor.Informers.Tests;

public sealed class MissingKindTests
{
    private static readonly string NotFound = Json.Status(404, "NotFound", "the server could not find the requested resource");

    private readonly RecordingHandler _handler = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_informer_of_a_kind_that_does_not_exist_yet_says_so_and_starts_when_it_appears()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.AddHandler(_handler);
        fixture.Informer.Start();
        var sync = fixture.Informer.WaitForSyncAsync(Cancel);
        (await fixture.Server.NextListAsync()).Answer(HttpStatusCode.NotFound, NotFound);
        for (var i = 0; i < 6; i++)
        {
            var (list, delay) = await fixture.AfterDelayAsync();
            Assert.False(fixture.Informer.HasSynced);
            Assert.Equal(ReflectorFailureReason.KindMissing, fixture.Informer.Health.LastFailure!.Reason);
            Assert.Equal(i + 1, fixture.Informer.Health.ConsecutiveFailures);
            Assert.InRange(delay, TimeSpan.FromMilliseconds(800), TimeSpan.FromSeconds(60));
            list.Answer(HttpStatusCode.NotFound, NotFound);
        }

        (await fixture.AfterDelayAsync()).Request.List("20", Json.Widget("a", 5));
        await sync;
        Assert.Equal("Added default/a ->0 initial", await _handler.NextTextAsync());
        Assert.Null(fixture.Informer.Health.LastFailure);
    }

    [Fact]
    public async Task The_objects_of_a_kind_that_goes_are_told_as_deleted_and_those_of_its_return_as_added()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.AddHandler(_handler);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1), Json.Widget("b", 6, size: 2));
        await _handler.NextAsync();
        await _handler.NextAsync();
        watch.Send(Json.Bookmark(25));
        watch.End();
        (await fixture.Server.NextWatchAsync()).Answer(HttpStatusCode.NotFound, NotFound);

        // One such answer may be that of a server that is just starting.
        (await fixture.AfterDelayAsync()).Request.Answer(HttpStatusCode.NotFound, NotFound);
        var (list, _) = await fixture.AfterDelayAsync();
        Assert.Equal(2, fixture.Informer.Lister.Count);
        list.Answer(HttpStatusCode.NotFound, NotFound);
        string[] told = [await _handler.NextTextAsync(), await _handler.NextTextAsync()];
        Assert.Equal(["Deleted default/a 1-> unknown", "Deleted default/b 2-> unknown"], told.Order());
        Assert.Equal(0, fixture.Informer.Lister.Count);
        Assert.True(fixture.Informer.HasSynced);
        Assert.Equal(ReflectorFailureReason.KindMissing, fixture.Informer.Health.LastFailure!.Reason);
        Assert.False(fixture.Informer.Health.IsConnected);

        (list, _) = await fixture.AfterDelayAsync();
        Assert.Equal("0", list["resourceVersion"]);
        list.List("30", Json.Widget("a", 29, size: 9, uid: "new-"));
        Assert.Equal("Added default/a ->9", await _handler.NextTextAsync());
        (await fixture.Server.NextWatchAsync()).Open();
    }

    [Fact]
    public async Task A_server_that_knows_the_kind_again_at_the_second_look_has_lost_nothing()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.AddHandler(_handler);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        await _handler.NextAsync();
        watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        (await fixture.AfterDelayAsync()).Request.Answer(HttpStatusCode.NotFound, NotFound);
        (await fixture.AfterDelayAsync()).Request.List("20", Json.Widget("a", 5, size: 1));
        watch = (await fixture.Server.NextWatchAsync()).Open();
        watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        (await fixture.AfterDelayAsync()).Request.Answer(HttpStatusCode.NotFound, NotFound);
        await fixture.AfterDelayAsync();

        Assert.Single(_handler.All);
        Assert.Equal(1, fixture.Informer.Lister.Count);
    }
}
