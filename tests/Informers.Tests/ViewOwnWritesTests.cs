using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrMonitor.Informers.Tests;

/// <summary>Own writes that are noted at a view, or at what it is a view of.</summary>
public sealed class ViewOwnWritesTests
{
    private static readonly ObjectKey A = ViewFixture.Key("a");
    private static readonly ObjectKey B = ViewFixture.Key("b");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_bytes_of_an_answer_are_shown_in_all_forms_wherever_they_are_noted()
    {
        await using var fixture = new ViewFixture();
        var handler = new RecordingHandler();
        fixture.Typed.AddHandler(handler);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        await handler.NextAsync();

        Assert.Same(fixture.Typed.NoteWrite(Encoding.UTF8.GetBytes(Json.Widget("a", 21, size: 2))), fixture.Typed.Lister.Get(A));
        Assert.Null(fixture.Typed.NoteWrite(Encoding.UTF8.GetBytes(Json.Widget("a", 20, size: 1))));
        Assert.Equal((2, "21"), (SizeOf(fixture, A), fixture.Metadata.Lister.Get(A)!.Metadata.ResourceVersion));
        Assert.Contains("\"21\"", fixture.Stored.Lister.Get(A)!.ToString(), StringComparison.Ordinal);
        Assert.Equal("Updated default/a 1->2", await handler.NextTextAsync());

        fixture.Stored.NoteWrite(DynamicObject.Parse(Encoding.UTF8.GetBytes(Json.Widget("b", 22, size: 3))));
        fixture.Metadata.NoteWrite(Encoding.UTF8.GetBytes(Json.Widget("b", 23, size: 4)));
        Assert.Equal(4, SizeOf(fixture, B));
        fixture.Metadata.NoteDelete(A);
        Assert.Null(fixture.Typed.Lister.Get(A));
        Assert.Null(fixture.Stored.Lister.Get(A));

        await fixture.SendAsync(watch, "MODIFIED", Json.Widget("a", 21, size: 2), "21");
        await fixture.SendAsync(watch, "ADDED", Json.Widget("b", 22, size: 3), "22");
        await fixture.SendAsync(watch, "MODIFIED", Json.Widget("b", 23, size: 4), "23");
        await fixture.SendAsync(watch, "DELETED", Json.Widget("a", 24, size: 2), "24");
        Assert.Equal((1, 4), (fixture.Typed.Lister.Count, SizeOf(fixture, B)));
        Assert.Throws<ArgumentException>(() => fixture.Typed.NoteWrite(Encoding.UTF8.GetBytes(Json.Status(409, "Conflict", "no"))));
    }

    [Fact]
    public async Task An_answer_that_is_given_to_the_factory_is_shown_by_all_caches_of_the_resource_whatever_their_form()
    {
        await using var fixture = new InformerFixture();
        var factory = fixture.Factory;
        var poor = factory.Informer(PartialObjectMetadata.Of(WidgetJson.Resource));
        var typed = factory.Informer(WidgetJson.Resource);
        var dynamic = factory.Informer(DynamicObject.Of(WidgetJson.Resource));
        var view = factory.Informer(WidgetJson.Resource, new InformerScope { Namespaces = ["default"] });
        var otherVersion = factory.Informer(DynamicObject.Of(WidgetJson.Resource with { Version = "v2" }));

        factory.NoteWrite(DynamicObject.Of(WidgetJson.Resource), Encoding.UTF8.GetBytes(Json.Widget("a", 21, size: 2)));

        Assert.Equal(("21", 2, 2), (poor.Lister.Get(A)?.Metadata.ResourceVersion, typed.Lister.Get(A)?.Spec?.Size, view.Lister.Get(A)?.Spec?.Size));
        Assert.NotNull(dynamic.Lister.Get(A));
        Assert.Null(otherVersion.Lister.Get(A));

        var bytes = Encoding.UTF8.GetBytes(Json.Widget("a", 22, size: 3));
        Assert.Same(factory.NoteWrite(typed, bytes), typed.Lister.Get(A));
        Assert.Equal((3, "22"), (typed.Lister.Get(A)?.Spec?.Size, poor.Lister.Get(A)?.Metadata.ResourceVersion));
    }

    [Fact]
    public async Task An_answer_that_is_given_to_the_factory_costs_no_more_memory_than_one_that_is_given_to_the_only_cache()
    {
        await using var fixture = new InformerFixture();
        var resource = WidgetJson.Resource;
        var informer = fixture.Factory.Informer(resource);
        var bytes = Encoding.UTF8.GetBytes(Json.Widget("a", 21, size: 2));
        fixture.Factory.NoteWrite(resource, bytes);
        informer.NoteWrite(bytes);

        var before = GC.GetAllocatedBytesForCurrentThread();
        informer.NoteWrite(bytes);
        var between = GC.GetAllocatedBytesForCurrentThread();
        fixture.Factory.NoteWrite(resource, bytes);
        var after = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal(between - before, after - between);
    }

    [Fact]
    public async Task A_view_that_is_given_an_answer_by_the_factory_shows_it_and_so_does_what_it_is_a_view_of()
    {
        await using var fixture = new ViewFixture();

        var shown = fixture.Factory.NoteWrite(fixture.Typed, Encoding.UTF8.GetBytes(Json.Widget("a", 21, size: 2)));

        Assert.Same(fixture.Typed.Lister.Get(A), shown);
        Assert.Equal(2, shown?.Spec?.Size);
        Assert.Contains("\"21\"", fixture.Stored.Lister.Get(A)!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deletion_that_is_told_to_the_factory_concerns_the_caches_of_other_versions_and_what_a_view_alone_shows()
    {
        await using var fixture = new ViewFixture();
        var otherVersion = fixture.Factory.Informer(DynamicObject.Of(WidgetJson.Resource with { Version = "v2" }));
        foreach (var name in new[] { "a", "b" })
        {
            otherVersion.NoteWrite(Encoding.UTF8.GetBytes(Json.Widget(name, 20, size: 1)));
            fixture.Stored.NoteWrite(Encoding.UTF8.GetBytes(Json.Widget(name, 20, size: 1)));
        }

        fixture.Typed.NoteWrite(Widget("a", 21, size: 2));
        fixture.Factory.NoteDelete(WidgetJson.Resource, A, fixture.Stored.Lister.Get(A)!.Metadata.Uid);
        Assert.Null(fixture.Typed.Lister.Get(A));
        Assert.Null(fixture.Stored.Lister.Get(A));
        Assert.Null(otherVersion.Lister.Get(A));

        // The last finalizer is gone, and with it the object: the answer shows it as it was before.
        var last = JsonNode.Parse(Json.Widget("b", 20, size: 1))!;
        last["metadata"]!["deletionTimestamp"] = "2030-01-01T00:00:00Z";
        fixture.Factory.NoteWrite(WidgetJson.Resource, Encoding.UTF8.GetBytes(last.ToJsonString()));
        Assert.Null(fixture.Typed.Lister.Get(B));
        Assert.Null(otherVersion.Lister.Get(B));
    }

    [Fact]
    public async Task A_deletion_that_is_told_to_the_factory_without_a_uid_means_what_a_view_alone_shows()
    {
        await using var fixture = new ViewFixture();
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        fixture.Typed.NoteWrite(Widget("b", 22, size: 2));
        fixture.Factory.NoteDelete(WidgetJson.Resource, B);
        Assert.Null(fixture.Typed.Lister.Get(B));

        await fixture.SendAsync(watch, "ADDED", Json.Widget("b", 21, size: 1), "21");
        await fixture.SendAsync(watch, "MODIFIED", Json.Widget("b", 22, size: 2), "22");
        Assert.Equal((1, 1, 1), (fixture.Typed.Lister.Count, fixture.Stored.Lister.Count, fixture.Metadata.Lister.Count));
    }

    [Fact]
    public async Task What_a_view_alone_shows_can_be_read_while_an_index_function_of_what_is_stored_does_not_return()
    {
        await using var fixture = new ViewFixture();
        using var release = new ManualResetEventSlim();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Stored.AddIndex("name", held =>
        {
            if (held.Key == B)
            {
                entered.TrySetResult();
                release.Wait(Cancel);
            }

            return [held.Key.Name];
        });
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        fixture.Typed.NoteWrite(Widget("a", 25, size: 2));
        watch.Send(Json.Event("ADDED", Json.Widget("b", 21)));
        await entered.Task;

        var reading = Task.Run(() => SizeOf(fixture, A), Cancel);
        try
        {
            Assert.Equal(2, await reading.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Cancel));
        }
        finally
        {
            release.Set();
        }
    }

    [Fact]
    public async Task An_answer_in_the_views_own_form_is_shown_by_the_view_until_the_watch_has_come_so_far()
    {
        await using var fixture = new ViewFixture();
        var bySize = fixture.Typed.AddIndex("size", widget => new[] { widget.Spec!.Size });
        fixture.Typed.AddIndex("name", widget => [widget.Metadata.Name]);
        var handler = new RecordingHandler();
        fixture.Typed.AddHandler(handler);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1, labels: """{"tier":"web"}"""), Json.Widget("c", 6, size: 9));
        await handler.NextAsync();
        await handler.NextAsync();
        var waiting = fixture.Typed.WaitForAsync(B, widget => widget is not null, Cancel);

        var (a, b) = (Widget("a", 21, size: 2), Widget("b", 22, size: 2));
        fixture.Typed.NoteWrite(a);
        fixture.Typed.NoteWrite(b);
        Assert.Same(b, await waiting);
        Assert.Same(a, fixture.Typed.Lister.Get(A));
        Assert.Same(b, await fixture.Typed.GetAsync(B, "22", TimeSpan.FromSeconds(1), Cancel));
        Assert.Equal(3, fixture.Typed.Lister.Count);
        Assert.Equal(["a", "b", "c"], fixture.Typed.Lister.List().Select(widget => widget.Metadata.Name).Order());
        var twos = fixture.Typed.Lister.List("default", predicate: widget => widget.Spec!.Size == 2);
        Assert.Equal([a, b], twos.OrderBy(widget => widget.Metadata.Name));
        Assert.Empty(fixture.Typed.Lister.List(selector: LabelSelector.Parse("tier=web")));
        Assert.Empty(fixture.Typed.Lister.List("other"));
        Assert.Equal([a, b], bySize.Find(2).OrderBy(widget => widget.Metadata.Name));
        Assert.Empty(bySize.Find(1));
        Assert.Same(b, Assert.Single(fixture.Typed.Lister.ByIndex("name", "b")));

        // No whole object can be made of it: the other forms wait for the watch.
        Assert.Equal("5", fixture.Metadata.Lister.Get(A)!.Metadata.ResourceVersion);
        Assert.Null(fixture.Stored.Lister.Get(B));

        await fixture.SendAsync(watch, "MODIFIED", Json.Widget("a", 21, size: 2), "21");
        Assert.NotSame(a, fixture.Typed.Lister.Get(A));
        Assert.Equal("Updated default/a 1->2", await handler.NextTextAsync());
        await fixture.SendAsync(watch, "ADDED", Json.Widget("b", 22, size: 2), "22");
        Assert.Equal("Added default/b ->2", await handler.NextTextAsync());
        await fixture.SendAsync(watch, "DELETED", Json.Widget("b", 23, size: 2), "23");
        Assert.Null(fixture.Typed.Lister.Get(B));
        Assert.Equal(2, fixture.Typed.Lister.Count);
    }

    [Fact]
    public async Task An_answer_that_the_cache_has_overtaken_changes_nothing()
    {
        await using var fixture = new ViewFixture(new InformerScope { Namespaces = ["default"], LabelSelector = LabelSelector.Parse("!off") });
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 15, size: 1));
        fixture.Typed.NoteWrite(Widget("a", 14, size: 2));
        fixture.Typed.NoteWrite(Widget("b", 19, size: 2));
        fixture.Typed.NoteWrite(Widget("c", 21, size: 2, ns: "other"));
        fixture.Typed.NoteWrite(Widget("a", 0, size: 3));
        Assert.Equal((1, 1), (fixture.Typed.Lister.Count, SizeOf(fixture, A)));

        fixture.Typed.NoteWrite(Widget("a", 23, size: 4));
        fixture.Typed.NoteWrite(Widget("a", 22, size: 3));
        Assert.Equal(4, SizeOf(fixture, A));
        fixture.Typed.NoteWrite(Encoding.UTF8.GetBytes(Json.Widget("a", 24, size: 5)));
        Assert.Equal(5, SizeOf(fixture, A));

        // It has left the scope; the watch passes it without a word.
        fixture.Typed.NoteWrite(Widget("a", 25, size: 6, labels: """{"off":"1"}"""));
        Assert.Null(fixture.Typed.Lister.Get(A));
        Assert.Equal(0, fixture.Typed.Lister.Count);
        watch.Send(Json.Bookmark(25));
        await fixture.Stored.WaitForCacheAsync(cache => cache.ResourceVersion == "25", Cancel);
        Assert.Equal(1, SizeOf(fixture, A));
    }

    [Fact]
    public async Task A_deletion_takes_back_what_was_noted_and_late_events_do_not_bring_it_again()
    {
        await using var fixture = new ViewFixture();
        var handler = new RecordingHandler();
        fixture.Typed.AddHandler(handler);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        await handler.NextAsync();
        fixture.Typed.NoteWrite(Widget("b", 21, size: 2));
        fixture.Typed.NoteDelete(B, "u-b");
        Assert.Null(fixture.Typed.Lister.Get(B));

        // The write that takes away the last finalizer is answered with the state before it.
        var last = Widget("a", 22, size: 3);
        last.Metadata.DeletionTimestamp = DateTime.UnixEpoch;
        fixture.Typed.NoteWrite(last);
        Assert.Null(fixture.Typed.Lister.Get(A));
        fixture.Typed.NoteWrite(Widget("a", 23, size: 3));
        Assert.Null(fixture.Typed.Lister.Get(A));

        await fixture.SendAsync(watch, "ADDED", Json.Widget("b", 21, size: 2), "21");
        Assert.Null(fixture.Typed.Lister.Get(B));
        await fixture.SendAsync(watch, "DELETED", Json.Widget("b", 22, size: 2), "22");
        await fixture.SendAsync(watch, "DELETED", Json.Widget("a", 24, size: 3), "24");
        await fixture.SendAsync(watch, "ADDED", Json.Widget("a", 25, size: 7, uid: "new-"), "25");
        Assert.Equal(7, SizeOf(fixture, A));
        Assert.Equal("Deleted default/a 1-> unknown", await handler.NextTextAsync());
        Assert.Equal("Added default/a ->7", await handler.NextTextAsync());
        Assert.Equal(3, handler.All.Count);
    }

    [Fact]
    public async Task An_object_whose_deletion_was_noted_at_a_view_before_it_came_never_appears_in_any_form()
    {
        await using var fixture = new ViewFixture();
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        fixture.Typed.NoteWrite(Widget("a", 21, size: 2));
        fixture.Typed.NoteDelete(A, "new-a");
        fixture.Metadata.NoteDelete(B, "u-b");
        fixture.Typed.NoteWrite(Widget("b", 30, size: 2));
        Assert.Equal((2, null), (SizeOf(fixture, A), fixture.Typed.Lister.Get(B)));

        await fixture.SendAsync(watch, "ADDED", Json.Widget("b", 22, size: 2), "22");
        await fixture.SendAsync(watch, "DELETED", Json.Widget("a", 23, size: 2), "23");
        await fixture.SendAsync(watch, "ADDED", Json.Widget("a", 24, size: 2, uid: "new-"), "24");
        Assert.Equal((0, 0, 0), (fixture.Typed.Lister.Count, fixture.Stored.Lister.Count, fixture.Metadata.Lister.Count));
    }

    [Fact]
    public async Task A_deletion_that_is_noted_in_one_form_takes_back_what_was_noted_in_another()
    {
        await using var fixture = new ViewFixture();
        await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        fixture.Typed.NoteWrite(Widget("a", 21, size: 2));
        fixture.Typed.NoteWrite(Widget("b", 22, size: 2));
        Assert.Equal(2, fixture.Typed.Lister.Count);
        var gone = fixture.Typed.WaitForAsync(B, widget => widget is null, Cancel);

        fixture.Stored.NoteDelete(A);
        fixture.Metadata.NoteDelete(B, "u-b");

        Assert.Null(await gone);
        Assert.Null(fixture.Typed.Lister.Get(A));
        Assert.Equal((0, 0), (fixture.Typed.Lister.Count, fixture.Typed.Lister.List().Count));
    }

    [Fact]
    public async Task A_server_that_goes_back_in_its_versions_decides_alone()
    {
        await using var fixture = new ViewFixture();
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 15, size: 1));
        fixture.Typed.NoteWrite(Widget("a", 21, size: 2));
        fixture.Typed.NoteWrite(Widget("b", 22, size: 2));
        Assert.Equal(2, SizeOf(fixture, A));

        await fixture.RelistAsync(watch, "10", Json.Widget("a", 9, size: 7));
        Assert.Equal(7, SizeOf(fixture, A));
        Assert.Null(fixture.Typed.Lister.Get(B));
    }

    [Fact]
    public async Task Metadata_that_were_answered_alone_are_shown_by_the_view_of_metadata()
    {
        foreach (var isTyped in new[] { false, true })
        {
            await using var fixture = new InformerFixture();
            ISharedInformer stored = isTyped ? fixture.Informer : fixture.Factory.Informer(DynamicObject.Of(WidgetJson.Resource));
            var metadata = fixture.Factory.Informer(PartialObjectMetadata.Of(WidgetJson.Resource));
            stored.Start();
            (await fixture.Server.NextListAsync()).List("20", Json.Widget("a", 5, size: 1));
            await stored.WaitForSyncAsync(Cancel);

            metadata.NoteWrite(
                """
                {"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"a","namespace":"default","uid":"u-a","resourceVersion":"21"} }
                """u8);
            Assert.Equal(("21", "Widget"), (metadata.Lister.Get(A)!.Metadata.ResourceVersion, metadata.Lister.Get(A)!.Kind));
        }
    }

    private static int SizeOf(ViewFixture fixture, ObjectKey key) => fixture.Typed.Lister.Get(key)!.Spec!.Size;

    private static Widget Widget(string name, int version, int size, string ns = "default", string? labels = null) =>
        JsonSerializer.Deserialize(Json.Widget(name, version, size, ns, labels: labels), WidgetJson.Default.Widget)!;
}
