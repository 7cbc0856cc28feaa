using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.Tests;
using k8s.Models;

namespace CrMonitor.Informers.Tests;

public sealed class OwnWritesTests
{
    private readonly RecordingHandler _handler = new();

    private static string Unreadable(string widget) => widget.Replace("\"size\":2", "\"size\":\"two\"", StringComparison.Ordinal);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_noted_write_is_read_and_told_at_once_and_its_echo_is_not_told_again()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(fixture, "20", Json.Widget("a", 5, size: 1));

        fixture.Informer.NoteWrite(Widget("a", 22, size: 2));
        Assert.Equal("Updated default/a 1->2", await _handler.NextTextAsync());
        Assert.Equal(2, Size(fixture, "a"));
        Assert.Equal("20", fixture.Informer.Lister.ResourceVersion);

        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 22, size: 2)));
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 23, size: 3)));
        Assert.Equal("Updated default/a 2->3", await _handler.NextTextAsync());
        Assert.Equal(3, _handler.All.Count);
        Assert.Equal("23", fixture.Informer.Lister.ResourceVersion);
    }

    [Fact]
    public async Task The_echo_of_an_answer_that_was_noted_by_its_bytes_is_not_decoded_again()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(fixture, "20", Json.Widget("a", 5, size: 1));
        fixture.Informer.NoteWrite(Encoding.UTF8.GetBytes(Json.Widget("a", 22, size: 2)));
        Assert.Equal("Updated default/a 1->2", await _handler.NextTextAsync());
        var answer = fixture.Informer.Lister.Get(new ObjectKey("default", "a"));

        // A spec that could not be decoded: that nobody says so shows that nobody tried.
        var echo = Unreadable(Json.Widget("a", 22, size: 2));
        watch.Send(Json.Event("MODIFIED", echo));
        await ReachAsync(fixture, "22");
        Assert.Same(answer, fixture.Informer.Lister.Get(new ObjectKey("default", "a")));
        Assert.Empty(fixture.Informer.InvalidObjects);

        // What comes after it is decoded, and so is the same once more, when nothing is waited for.
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 23, size: 3)));
        Assert.Equal("Updated default/a 2->3", await _handler.NextTextAsync());
        watch.Send(Json.Event("MODIFIED", echo.Replace("\"22\"", "\"24\"", StringComparison.Ordinal)));
        await ReachAsync(fixture, "24");
        Assert.Single(fixture.Informer.InvalidObjects);
    }

    [Fact]
    public async Task An_answer_that_the_watch_has_shown_already_is_not_decoded()
    {
        await using var fixture = new InformerFixture();
        await SyncAsync(fixture, "20", Json.Widget("a", 5, size: 1));
        var held = fixture.Informer.Lister.Get(new ObjectKey("default", "a"));

        // Its spec cannot be decoded, which would be logged.
        fixture.Informer.NoteWrite(Encoding.UTF8.GetBytes(Unreadable(Json.Widget("a", 5, size: 2))));
        Assert.DoesNotContain(fixture.Logs.Lines, line => line.Contains("the answer of a write", StringComparison.Ordinal));
        Assert.Same(held, fixture.Informer.Lister.Get(new ObjectKey("default", "a")));

        fixture.Informer.NoteWrite(Encoding.UTF8.GetBytes(Unreadable(Json.Widget("a", 21, size: 2))));
        Assert.Contains(fixture.Logs.Lines, line => line.Contains("the answer of a write", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_noted_creation_is_an_addition_and_a_late_event_of_an_older_state_does_not_take_it_back()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.AddIndex("size", widget => [$"{widget.Spec!.Size}"]);
        var watch = await SyncAsync(fixture, "20");

        fixture.Informer.NoteWrite(Widget("a", 21, size: 1));
        Assert.Equal("Added default/a ->1", await _handler.NextTextAsync());
        fixture.Informer.NoteWrite(Widget("a", 24, size: 4));
        fixture.Informer.NoteWrite(Widget("a", 22, size: 2));
        Assert.Equal(4, Size(fixture, "a"));
        Assert.Single(fixture.Informer.Lister.ByIndex("size", "4"));

        watch.Send(Json.Event("ADDED", Json.Widget("a", 21, size: 1)));
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 22, size: 2)));
        await ReachAsync(fixture, "22");
        Assert.Equal(4, Size(fixture, "a"));
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 24, size: 4)));
        watch.Send(Json.Event("ADDED", Json.Widget("b", 25)));
        string[] rest = [await _handler.NextTextAsync(), await _handler.NextTextAsync()];
        Assert.Equal(["Updated default/a 1->4", "Added default/b ->0"], rest);
    }

    [Fact]
    public async Task An_answer_that_the_watch_has_overtaken_changes_nothing()
    {
        await using var fixture = new InformerFixture();
        await SyncAsync(fixture, "20", Json.Widget("a", 18, size: 8));

        fixture.Informer.NoteWrite(Widget("a", 17, size: 7));
        fixture.Informer.NoteWrite(Widget("deleted-meanwhile", 19, size: 9));

        Assert.Equal(8, Size(fixture, "a"));
        Assert.Equal(1, fixture.Informer.Lister.Count);
    }

    [Fact]
    public async Task An_older_list_does_not_take_a_noted_write_back_and_a_newer_one_does()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(fixture, "20", Json.Widget("a", 5, size: 1), Json.Widget("b", 6, size: 1), Json.Widget("c", 7, size: 1));
        fixture.Informer.NoteWrite(Widget("a", 30, size: 30));
        fixture.Informer.NoteWrite(Widget("new", 31, size: 31));
        fixture.Informer.NoteDelete(new ObjectKey("default", "b"));
        await ToldAsync(3);

        watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        (await fixture.AfterDelayAsync()).Request.List("25", Json.Widget("a", 21, size: 2), Json.Widget("b", 6, size: 1), Json.Widget("c", 22, size: 2));
        Assert.Equal("Updated default/c 1->2", await _handler.NextTextAsync());
        Assert.Equal("a30,c2,new31", Show(fixture));
        Assert.Equal("25", fixture.Informer.Lister.ResourceVersion);

        watch = (await fixture.Server.NextWatchAsync()).Open();
        watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        (await fixture.AfterDelayAsync()).Request.List("40", Json.Widget("a", 30, size: 30), Json.Widget("b", 35, size: 5, uid: "again-"), Json.Widget("c", 22, size: 2));
        string[] told = [await _handler.NextTextAsync(), await _handler.NextTextAsync()];
        Assert.Equal(["Added default/b ->5", "Deleted default/new 31-> unknown"], told.Order());
        Assert.Equal("a30,b5,c2", Show(fixture));
        Assert.Equal(3 + 3 + 3, _handler.All.Count);
    }

    [Fact]
    public async Task A_noted_deletion_hides_the_object_until_the_watch_has_shown_it()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(fixture, "20", Json.Widget("a", 5, size: 1));

        fixture.Informer.NoteDelete(new ObjectKey("default", "a"), "u-a");
        Assert.Equal("Deleted default/a 1-> unknown", await _handler.NextTextAsync());
        Assert.Null(fixture.Informer.Lister.Get(new ObjectKey("default", "a")));

        // What somebody else had written to it before.
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 21, size: 2)));
        watch.Send(Json.Event("DELETED", Json.Widget("a", 22, size: 2)));
        watch.Send(Json.Event("ADDED", Json.Widget("a", 23, size: 3, uid: "again-")));
        Assert.Equal("Added default/a ->3", await _handler.NextTextAsync());
        Assert.Equal(3, _handler.All.Count);
    }

    [Fact]
    public async Task A_recreation_after_a_noted_deletion_is_seen_even_if_the_answer_overtakes_both()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(fixture, "20", Json.Widget("a", 5, size: 1));
        fixture.Informer.NoteDelete(new ObjectKey("default", "a"));
        fixture.Informer.NoteWrite(Widget("a", 23, size: 3, uid: "again-"));
        Assert.Equal(3, Size(fixture, "a"));

        watch.Send(Json.Event("DELETED", Json.Widget("a", 22, size: 1)));
        watch.Send(Json.Event("ADDED", Json.Widget("a", 23, size: 3, uid: "again-")));
        await ReachAsync(fixture, "23");
        Assert.Equal(3, Size(fixture, "a"));
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 24, size: 4, uid: "again-")));
        await fixture.Informer.WaitForAsync(new ObjectKey("default", "a"), found => found?.Spec!.Size == 4, Cancel);
    }

    [Fact]
    public async Task An_object_that_was_created_and_deleted_does_not_come_back_when_the_watch_shows_its_life()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(fixture, "20");
        fixture.Informer.NoteWrite(Widget("a", 21, size: 1));
        await _handler.NextAsync();
        fixture.Informer.NoteDelete(new ObjectKey("default", "a"), "u-a");
        await _handler.NextAsync();
        fixture.Informer.NoteWrite(Widget("a", 22, size: 2));

        watch.Send(Json.Event("ADDED", Json.Widget("a", 21, size: 1)));
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 22, size: 2)));
        watch.Send(Json.Event("DELETED", Json.Widget("a", 23, size: 2)));
        watch.Send(Json.Event("ADDED", Json.Widget("b", 24)));
        Assert.Equal("Added default/b ->0", await _handler.NextTextAsync());
        Assert.Equal(["Added default/a ->1", "Deleted default/a 1-> unknown", "Added default/b ->0"], _handler.All);
    }

    [Fact]
    public async Task An_answer_without_its_last_finalizer_shows_the_object_as_gone_and_one_with_a_grace_period_does_not()
    {
        await using var fixture = new InformerFixture();
        await SyncAsync(fixture, "20", Json.Widget("finalized", 5), Json.Widget("graceful", 6), Json.Widget("held", 7));
        var finalized = Widget("finalized", 21);
        finalized.Metadata.DeletionTimestamp = fixture.Time.GetUtcNow().UtcDateTime;
        var graceful = Widget("graceful", 22);
        graceful.Metadata.DeletionTimestamp = fixture.Time.GetUtcNow().UtcDateTime;
        graceful.Metadata.DeletionGracePeriodSeconds = 30;
        var held = Widget("held", 23);
        held.Metadata.DeletionTimestamp = fixture.Time.GetUtcNow().UtcDateTime;
        held.Metadata.Finalizers = ["test.crmonitor.dev/hold"];

        fixture.Informer.NoteWrite(finalized);
        fixture.Informer.NoteWrite(graceful);
        fixture.Informer.NoteWrite(held);

        Assert.Equal("graceful0,held0", Show(fixture));
        Assert.Same(held, fixture.Informer.Lister.Get(ObjectKey.Of(held)));
    }

    [Fact]
    public async Task An_answer_that_shows_the_object_as_gone_takes_it_out_even_if_its_version_is_not_newer_than_the_cached_one()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(
            fixture, "20", Json.Widget("same", 15, size: 1), Json.Widget("older", 16, size: 2), Json.Widget("again", 17, uid: "new-"));

        // A patch that removes the last finalizer deletes; it is answered with the state before, in the version that the cache knows.
        fixture.Informer.NoteWrite(Gone(fixture, "same", 15, size: 1));
        fixture.Informer.NoteWrite(Gone(fixture, "older", 14));
        fixture.Informer.NoteWrite(Gone(fixture, "again", 12));
        string[] told = [await _handler.NextTextAsync(), await _handler.NextTextAsync()];
        Assert.Equal(["Deleted default/same 1->", "Deleted default/older 0->"], told);
        Assert.Equal("again0", Show(fixture));

        watch.Send(Json.Event("DELETED", Json.Widget("same", 21, size: 1)));
        watch.Send(Json.Event("DELETED", Json.Widget("older", 22, size: 2)));
        watch.Send(Json.Event("ADDED", Json.Widget("same", 23, size: 3, uid: "again-")));
        Assert.Equal("Added default/same ->3", await _handler.NextTextAsync());
    }

    [Fact]
    public async Task A_late_word_of_an_objects_end_does_not_uncover_the_end_of_its_successor()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(fixture, "20", Json.Widget("a", 5, size: 1));
        fixture.Informer.NoteDelete(new ObjectKey("default", "a"), "u-a");
        fixture.Informer.NoteWrite(Widget("a", 23, size: 3, uid: "again-"));
        fixture.Informer.NoteDelete(new ObjectKey("default", "a"), "again-a");
        fixture.Informer.NoteWrite(Gone(fixture, "a", 21));

        watch.Send(Json.Event("DELETED", Json.Widget("a", 22, size: 1)));
        watch.Send(Json.Event("ADDED", Json.Widget("a", 23, size: 3, uid: "again-")));
        await ReachAsync(fixture, "23");
        Assert.Equal("", Show(fixture));
    }

    [Fact]
    public async Task The_bytes_of_an_answer_are_decoded_as_the_informer_decodes()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(fixture, "20", Json.Widget("a", 5, size: 1));

        var answer = JsonNode.Parse(Json.Widget("a", 22, size: 2))!;
        answer["metadata"]!["managedFields"] = JsonNode.Parse("""[{"manager":"test","operation":"Update"}]""");
        fixture.Informer.NoteWrite(Encoding.UTF8.GetBytes(answer.ToJsonString()));

        Assert.Equal("Updated default/a 1->2", await _handler.NextTextAsync());
        Assert.Null(fixture.Informer.Lister.Get(new ObjectKey("default", "a"))!.Metadata.ManagedFields);
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 22, size: 2)));
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 23, size: 3)));
        Assert.Equal("Updated default/a 2->3", await _handler.NextTextAsync());
    }

    [Fact]
    public async Task Who_notes_the_bytes_of_an_answer_is_given_what_the_cache_shows_of_it_and_nothing_if_it_shows_something_else()
    {
        await using var fixture = new InformerFixture(new InformerScope { LabelSelector = LabelSelector.Parse("app=web") });
        const string Web = """{"app":"web"}""";
        var watch = await SyncAsync(fixture, "20", Json.Widget("a", 5, size: 1, labels: Web));

        var noted = Note(Json.Widget("a", 22, size: 2, labels: Web));
        Assert.NotNull(noted);
        Assert.Same(fixture.Informer.Lister.Get(new ObjectKey("default", "a")), noted);
        Assert.Same(noted, Note(Json.Widget("a", 22, size: 2, labels: Web)));

        // Older, of an object of that name from before, out of scope, not to be decoded, the last state of one that is gone.
        Assert.Null(Note(Json.Widget("a", 21, size: 1, labels: Web)));
        Assert.Null(Note(Json.Widget("a", 22, size: 1, uid: "before-", labels: Web)));
        Assert.Null(Note(Json.Widget("b", 23, size: 1)));
        Assert.Null(Note("""{"metadata":{"name":"c","namespace":"default","resourceVersion":"24","labels":{"app":"web"}},"spec":"broken"}"""));
        var last = JsonNode.Parse(Json.Widget("a", 22, size: 2, labels: Web))!;
        last["metadata"]!["deletionTimestamp"] = "2030-01-01T00:00:00Z";
        Assert.Null(Note(last.ToJsonString()));

        // The watch was faster.
        watch.Send(Json.Event("ADDED", Json.Widget("d", 25, size: 1, labels: Web)));
        await ReachAsync(fixture, "25");
        Assert.Same(fixture.Informer.Lister.Get(new ObjectKey("default", "d")), Note(Json.Widget("d", 25, size: 1, labels: Web)));

        Widget? Note(string answer) => fixture.Informer.NoteWrite(Encoding.UTF8.GetBytes(answer));
    }

    [Fact]
    public async Task An_answer_that_cannot_be_decoded_is_logged_and_left_to_the_watch_and_one_without_a_name_is_refused()
    {
        await using var fixture = new InformerFixture();
        await SyncAsync(fixture, "20", Json.Widget("a", 5, size: 1));

        fixture.Informer.NoteWrite("""{"metadata":{"name":"a","namespace":"default","resourceVersion":"22"},"spec":"broken"}"""u8);

        Assert.Equal("a1", Show(fixture));
        Assert.Contains(fixture.Logs.Lines, line => line.Contains("the answer of a write of default/a cannot be taken", StringComparison.Ordinal));
        var refused = Assert.Throws<ArgumentException>(() => fixture.Informer.NoteWrite("""{"kind":"Status","status":"Success"}"""u8));
        Assert.Contains("it is no Widget", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_that_leaves_the_labels_of_the_scope_takes_the_object_out()
    {
        await using var fixture = new InformerFixture(new InformerScope { LabelSelector = LabelSelector.Parse("app=web") });
        var watch = await SyncAsync(fixture, "20", Json.Widget("a", 5, labels: """{"app":"web"}"""));

        var answer = Widget("a", 21);
        answer.Metadata.Labels = new Dictionary<string, string> { ["app"] = "db" };
        fixture.Informer.NoteWrite(answer);
        fixture.Informer.NoteWrite(Widget("other", 22));
        Assert.Equal("Deleted default/a 0-> unknown", await _handler.NextTextAsync());
        Assert.Equal(0, fixture.Informer.Lister.Count);
        Assert.Null(await fixture.Informer.GetAsync(new ObjectKey("default", "a"), "21", TimeSpan.FromSeconds(1), Cancel));

        watch.Send(Json.Event("DELETED", Json.Widget("a", 21, labels: """{"app":"web"}""")));
        watch.Send(Json.Event("ADDED", Json.Widget("a", 23, size: 3, labels: """{"app":"web"}""")));
        Assert.Equal("Added default/a ->3", await _handler.NextTextAsync());
    }

    [Fact]
    public async Task With_a_field_selector_only_cached_objects_are_updated()
    {
        await using var fixture = new InformerFixture(new InformerScope { FieldSelector = "spec.size>0" });
        await SyncAsync(fixture, "20", Json.Widget("a", 5, size: 1));

        fixture.Informer.NoteWrite(Widget("a", 21, size: 2));
        fixture.Informer.NoteWrite(Widget("b", 22, size: 2));

        Assert.Equal("a2", Show(fixture));
    }

    [Fact]
    public async Task Writes_in_other_namespaces_are_not_taken_and_each_namespace_catches_up_by_itself()
    {
        await using var fixture = new InformerFixture(new InformerScope { Namespaces = ["one", "two"] });
        fixture.Informer.AddHandler(_handler);
        fixture.Informer.Start();
        var watches = new Dictionary<string, ScriptedBody>();
        for (var i = 0; i < 4; i++)
        {
            var request = await fixture.Server.NextAsync();
            var ns = request.Uri.AbsolutePath.Contains("/one/", StringComparison.Ordinal) ? "one" : "two";
            if (request.IsWatch)
            {
                watches[ns] = request.Open();
            }
            else
            {
                request.List(ns == "one" ? "20" : "30");
            }
        }

        fixture.Informer.NoteWrite(Widget("a", 25, size: 1, ns: "one"));
        fixture.Informer.NoteWrite(Widget("a", 25, size: 1, ns: "two"));
        fixture.Informer.NoteWrite(Widget("a", 99, size: 1, ns: "three"));

        Assert.Equal("Added one/a ->1", await _handler.NextTextAsync());
        Assert.Equal(1, fixture.Informer.Lister.Count);
        watches["one"].Send(Json.Event("MODIFIED", Json.Widget("a", 26, size: 6, ns: "one")));
        Assert.Equal("Updated one/a 1->6", await _handler.NextTextAsync());
    }

    [Fact]
    public async Task What_the_watch_passes_without_showing_it_is_taken_back()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(fixture, "20", Json.Widget("a", 5, size: 1));
        fixture.Informer.NoteWrite(Widget("a", 21, size: 2));
        fixture.Informer.NoteWrite(Widget("never", 22, size: 3));
        await ToldAsync(2);

        watch.Send(Json.Bookmark(22));
        string[] told = [await _handler.NextTextAsync(), await _handler.NextTextAsync()];
        Assert.Equal(["Deleted default/never 3-> unknown", "Updated default/a 2->1"], told.Order());
        Assert.Equal("a1", Show(fixture));
    }

    [Fact]
    public async Task A_write_before_the_first_list_is_kept_if_the_list_is_older()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.Start();
        var list = await fixture.Server.NextListAsync();
        fixture.Informer.NoteWrite(Widget("a", 30, size: 3));
        fixture.Informer.NoteWrite(Widget("b", 15, size: 3));
        Assert.False(fixture.Informer.HasSynced);

        list.List("20", Json.Widget("a", 5, size: 1), Json.Widget("b", 15, size: 3));
        await fixture.Informer.WaitForSyncAsync(Cancel);

        Assert.Equal("a3,b3", Show(fixture));
    }

    [Fact]
    public async Task A_server_that_was_restored_from_a_backup_decides_alone()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(fixture, "20", Json.Widget("a", 5, size: 1));
        fixture.Informer.NoteWrite(Widget("a", 21, size: 2));
        watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        (await fixture.AfterDelayAsync()).Request.List("10", Json.Widget("a", 5, size: 1));
        await fixture.Server.NextWatchAsync();

        Assert.Equal("a1", Show(fixture));
    }

    [Fact]
    public async Task An_event_that_cannot_be_read_ends_the_wait_for_the_echo()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(fixture, "20", Json.Widget("a", 5, size: 1));
        fixture.Informer.NoteWrite(Widget("a", 21, size: 2));
        watch.Send(Json.Event("MODIFIED", """{"metadata":{"name":"a","namespace":"default","resourceVersion":"22"},"spec":"broken"}"""));
        await ReachAsync(fixture, "22");

        Assert.Equal(2, Size(fixture, "a"));
        Assert.Equal(1, fixture.Informer.Health.InvalidObjects);
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 23, size: 3)));
        await fixture.Informer.WaitForAsync(new ObjectKey("default", "a"), found => found?.Spec!.Size == 3, Cancel);
    }

    [Fact]
    public async Task Deletions_of_what_is_not_cached_or_is_another_object_by_now_do_nothing()
    {
        await using var fixture = new InformerFixture();
        await SyncAsync(fixture, "20", Json.Widget("a", 15, size: 1, uid: "new-"));

        fixture.Informer.NoteDelete(new ObjectKey("default", "absent"), "u-absent");
        fixture.Informer.NoteDelete(new ObjectKey("default", "absent"));
        fixture.Informer.NoteDelete(new ObjectKey("default", "a"), "old-a");
        fixture.Informer.NoteDelete(new ObjectKey("default", "a"), "old-a", "12");
        Assert.Equal("a1", Show(fixture));

        // The cache is behind: it shows an object of this name that came before the deleted one.
        fixture.Informer.NoteDelete(new ObjectKey("default", "a"), "newest-a", "25");
        Assert.Equal("", Show(fixture));
    }

    [Fact]
    public async Task An_object_whose_deletion_was_noted_before_it_came_never_appears()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(fixture, "20", Json.Widget("a", 15, size: 1));
        fixture.Informer.NoteDelete(new ObjectKey("default", "b"), "u-b");
        fixture.Informer.NoteDelete(new ObjectKey("default", "a"), "new-a");
        fixture.Informer.NoteWrite(Widget("b", 30, size: 9));
        Assert.Equal("a1", Show(fixture));

        watch.Send(Json.Event("ADDED", Json.Widget("b", 21, size: 2)));
        watch.Send(Json.Event("MODIFIED", Json.Widget("b", 22, size: 3)));
        watch.Send(Json.Event("DELETED", Json.Widget("a", 23, size: 1)));
        watch.Send(Json.Event("ADDED", Json.Widget("a", 24, size: 4, uid: "new-")));
        await ReachAsync(fixture, "24");
        Assert.Equal("", Show(fixture));

        // Others of the same names are seen.
        watch.Send(Json.Event("DELETED", Json.Widget("b", 25, size: 3)));
        watch.Send(Json.Event("DELETED", Json.Widget("a", 26, size: 4, uid: "new-")));
        watch.Send(Json.Event("ADDED", Json.Widget("b", 27, size: 5, uid: "again-")));
        watch.Send(Json.Event("ADDED", Json.Widget("a", 28, size: 6, uid: "again-")));
        await ReachAsync(fixture, "28");
        Assert.Equal("a6,b5", Show(fixture));
        Assert.DoesNotContain(_handler.Changes, change => change.Current?.Metadata.Uid is "u-b" or "new-a");
    }

    [Theory]
    [InlineData("app=web", "")]
    [InlineData("", "spec.size=1")]
    public async Task A_deleted_object_that_had_left_the_selected_ones_does_not_appear_when_the_watch_shows_its_return(string labels, string fields)
    {
        var selector = labels.Length == 0 ? LabelSelector.Everything : LabelSelector.Parse(labels);
        await using var fixture = new InformerFixture(new InformerScope { LabelSelector = selector, FieldSelector = fields });
        const string Web = """{"app":"web"}""";
        var watch = await SyncAsync(fixture, "20", Json.Widget("a", 5, size: 1, labels: Web));
        watch.Send(Json.Event("DELETED", Json.Widget("a", 21, size: 1, labels: Web)));
        await ReachAsync(fixture, "21");

        // Who has deleted it knew a state that this watch has long passed.
        fixture.Informer.NoteDelete(new ObjectKey("default", "a"), "u-a", "5");
        watch.Send(Json.Event("ADDED", Json.Widget("a", 22, size: 2, labels: Web)));
        await ReachAsync(fixture, "22");
        Assert.Equal("", Show(fixture));

        watch.Send(Json.Event("DELETED", Json.Widget("a", 23, size: 2, labels: Web)));
        watch.Send(Json.Event("ADDED", Json.Widget("a", 24, size: 3, labels: Web, uid: "again-")));
        await ReachAsync(fixture, "24");
        Assert.Equal("a3", Show(fixture));
    }

    [Fact]
    public async Task A_deleted_object_that_could_not_be_read_does_not_appear_when_it_can_be()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(fixture, "20");
        watch.Send(Json.Event("ADDED", Unreadable(Json.Widget("a", 21, size: 2))));
        await ReachAsync(fixture, "21");

        fixture.Informer.NoteDelete(new ObjectKey("default", "a"), "u-a", "21");
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 22, size: 3)));
        await ReachAsync(fixture, "22");
        Assert.Equal("", Show(fixture));
    }

    [Fact]
    public async Task A_list_that_is_behind_does_not_show_an_object_whose_deletion_was_noted()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(fixture, "20", Json.Widget("a", 15, size: 1));
        fixture.Informer.NoteDelete(new ObjectKey("default", "a"), "new-a");
        fixture.Informer.NoteDelete(new ObjectKey("default", "b"), "u-b");
        fixture.Informer.NoteWrite(Widget("c", 30, size: 3));

        watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        (await fixture.AfterDelayAsync()).Request.List("25", Json.Widget("a", 22, size: 2, uid: "new-"), Json.Widget("b", 23), Json.Widget("d", 24));
        watch = (await fixture.Server.NextWatchAsync()).Open();
        Assert.Equal("c3,d0", Show(fixture));

        watch.Send(Json.Event("DELETED", Json.Widget("b", 26)));
        watch.Send(Json.Event("ADDED", Json.Widget("b", 27, size: 7, uid: "again-")));
        await ReachAsync(fixture, "27");
        Assert.Equal("b7,c3,d0", Show(fixture));
    }

    [Fact]
    public async Task What_was_noted_of_an_older_object_is_not_taken_back_to_one_that_is_deleted_for_good()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(fixture, "20");
        fixture.Informer.NoteDelete(new ObjectKey("default", "a"), "u-a");
        fixture.Informer.NoteWrite(Widget("a", 25, size: 5, uid: "never-"));
        Assert.Equal("a5", Show(fixture));

        watch.Send(Json.Event("ADDED", Json.Widget("a", 21, size: 1)));
        watch.Send(Json.Bookmark(25));
        await ReachAsync(fixture, "25");
        Assert.Equal("", Show(fixture));
    }

    [Fact]
    public async Task A_noted_deletion_that_no_event_follows_is_forgotten_a_minute_later_with_the_next_bookmark_or_list()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(fixture, "20");
        fixture.Informer.NoteDelete(new ObjectKey("default", "a"), "u-a");
        watch.Send(Json.Bookmark(21));
        await ReachAsync(fixture, "21");
        watch.Send(Json.Event("ADDED", Json.Widget("a", 22, size: 1)));
        await ReachAsync(fixture, "22");
        Assert.Equal("", Show(fixture));

        // That it is shown now is what is left to see of it: a server would not send it.
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        watch.Send(Json.Bookmark(23));
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 24, size: 2)));
        await ReachAsync(fixture, "24");
        Assert.Equal("a2", Show(fixture));

        fixture.Informer.NoteDelete(new ObjectKey("default", "b"), "u-b");
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        (await fixture.AfterDelayAsync()).Request.List("25");
        watch = (await fixture.Server.NextWatchAsync()).Open();
        watch.Send(Json.Event("ADDED", Json.Widget("b", 26, size: 3)));
        await ReachAsync(fixture, "26");
        Assert.Equal("b3", Show(fixture));
    }

    [Fact]
    public async Task Of_more_than_a_thousand_deletions_that_no_event_follows_the_oldest_are_forgotten()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(fixture, "20");
        for (var i = 0; i < 1001; i++)
        {
            fixture.Informer.NoteDelete(new ObjectKey("default", $"w{i}"), $"u-w{i}");
        }

        watch.Send(Json.Event("ADDED", Json.Widget("w0", 21, size: 1)));
        watch.Send(Json.Event("ADDED", Json.Widget("w1", 22, size: 1)));
        watch.Send(Json.Event("ADDED", Json.Widget("w1000", 23, size: 1)));
        await ReachAsync(fixture, "23");
        Assert.Equal("w01", Show(fixture));
    }

    [Fact]
    public async Task Deletions_that_the_watch_has_shown_do_not_count_among_the_thousand_that_are_remembered()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(fixture, "20");
        for (var i = 0; i < 1000; i++)
        {
            fixture.Informer.NoteDelete(new ObjectKey("default", $"w{i}"), $"u-w{i}");
        }

        for (var i = 1; i < 1000; i++)
        {
            watch.Send(Json.Event("DELETED", Json.Widget($"w{i}", 100 + i)));
        }

        await ReachAsync(fixture, "1099");
        fixture.Informer.NoteDelete(new ObjectKey("default", "x"), "u-x");
        watch.Send(Json.Event("ADDED", Json.Widget("w0", 2000, size: 1)));
        await ReachAsync(fixture, "2000");
        Assert.Equal("", Show(fixture));
    }

    [Fact]
    public async Task A_deletion_that_is_noted_anew_is_remembered_from_then_on()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(fixture, "20");
        fixture.Informer.NoteDelete(new ObjectKey("default", "a"), "u-a");
        fixture.Informer.NoteDelete(new ObjectKey("default", "b"), "u-b");
        watch.Send(Json.Event("DELETED", Json.Widget("a", 21)));
        await ReachAsync(fixture, "21");
        fixture.Time.Advance(TimeSpan.FromSeconds(40));
        fixture.Informer.NoteDelete(new ObjectKey("default", "a"), "u-a");

        fixture.Time.Advance(TimeSpan.FromSeconds(30));
        watch.Send(Json.Bookmark(22));
        watch.Send(Json.Event("ADDED", Json.Widget("a", 23, size: 1)));
        watch.Send(Json.Event("ADDED", Json.Widget("b", 24, size: 1)));
        await ReachAsync(fixture, "24");
        Assert.Equal("b1", Show(fixture));
    }

    [Fact]
    public async Task Where_the_server_sends_no_bookmarks_a_noted_deletion_is_forgotten_ten_minutes_later_with_the_next_event()
    {
        await using var fixture = new InformerFixture(options: time => new SharedInformerFactoryOptions
        {
            TimeProvider = time,
            UseStreamingList = false,
            MinWatchTimeout = TimeSpan.FromHours(1),
        });
        var watch = await SyncAsync(fixture, "20");
        watch.Send(Json.Event("ADDED", Json.Widget("z", 21, size: 9)));
        await ReachAsync(fixture, "21");
        fixture.Informer.NoteDelete(new ObjectKey("default", "a"), "u-a");
        fixture.Time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(1));
        watch.Send(Json.Event("ADDED", Json.Widget("a", 22, size: 1)));
        await ReachAsync(fixture, "22");
        Assert.Equal("z9", Show(fixture));

        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        watch.Send(Json.Event("ADDED", Json.Widget("b", 23, size: 1)));
        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 24, size: 2)));
        await ReachAsync(fixture, "24");
        Assert.Equal("a2,b1,z9", Show(fixture));
    }

    [Fact]
    public async Task A_server_that_was_restored_from_a_backup_may_show_what_was_deleted()
    {
        await using var fixture = new InformerFixture();
        var watch = await SyncAsync(fixture, "20");
        fixture.Informer.NoteDelete(new ObjectKey("default", "a"), "u-a");
        watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
        (await fixture.AfterDelayAsync()).Request.List("10", Json.Widget("a", 5, size: 1));
        await fixture.Server.NextWatchAsync();

        Assert.Equal("a1", Show(fixture));
    }

    [Fact]
    public async Task Random_writes_noted_early_late_or_never_leave_the_cache_and_every_handler_as_the_server()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            await RunRandomAsync(seed);
        }
    }

    // One server with a history; the watch lags behind it at random, answers are noted at any later time, and lists break in with any version
    // between.
    // What the handler is told of a key never goes back, and in the end cache and handler show what the server has.
    private static async Task RunRandomAsync(int seed)
    {
        var random = new Random(seed);
        await using var fixture = new InformerFixture();
        var handler = new RecordingHandler();
        fixture.Informer.AddHandler(handler);
        fixture.Informer.Start();
        (await fixture.Server.NextListAsync()).List("100");
        var watch = (await fixture.Server.NextWatchAsync()).Open();

        var version = 100;
        var shown = 100;
        var objects = new SortedDictionary<string, (string Uid, int Version)>();
        List<(int Version, string Event)> history = [];
        Dictionary<int, (string Uid, int Version)[]> states = new() { [100] = [] };
        List<Action> answers = [];
        HashSet<string> gone = [];
        for (var step = 0; step < 40; step++)
        {
            var name = $"w{random.Next(3)}";
            switch (random.Next(6))
            {
                case 0 or 1:
                    var uid = objects.TryGetValue(name, out var known) ? known.Uid : $"{version}-";
                    objects[name] = (uid, ++version);
                    history.Add((version, Json.Event(known.Uid is null ? "ADDED" : "MODIFIED", Json.Widget(name, version, version, uid: uid))));
                    var answer = Widget(name, version, version, uid: uid);
                    answers.Add(() => fixture.Informer.NoteWrite(answer));
                    break;
                case 2 when objects.Remove(name, out var deleted):
                    history.Add((++version, Json.Event("DELETED", Json.Widget(name, version, deleted.Version, uid: deleted.Uid))));
                    answers.Add(() =>
                    {
                        fixture.Informer.NoteDelete(new ObjectKey("default", name), $"{deleted.Uid}{name}");
                        gone.Add($"{deleted.Uid}{name}");
                    });
                    break;
                case 3 when answers.Count > 0:
                    var index = random.Next(answers.Count);
                    answers[index]();
                    answers.RemoveAt(index);
                    break;
                case 4 when shown < version:
                    var next = history.First(entry => entry.Version > shown);
                    watch.Send(next.Event);
                    shown = next.Version;
                    break;
                case 5 when random.Next(4) == 0:
                    watch.Send(Json.Event("ERROR", Json.Status(410, "Expired", "too old")));
                    shown = random.Next(shown, version + 1);
                    var (request, _) = await fixture.AfterDelayAsync();
                    request.List($"{shown}", [.. states[shown].Select(one => Json.Widget(one.Uid.Split('|')[1], one.Version, one.Version, uid: one.Uid.Split('|')[0]))]);
                    watch = (await fixture.Server.NextWatchAsync()).Open();
                    break;
            }

            var risen = fixture.Informer.Lister.List().Where(widget => gone.Contains(widget.Metadata.Uid)).Select(Describe);
            Assert.True(!risen.Any(), $"seed {seed}: {string.Join(", ", risen)} is shown after its deletion was noted");
            states[version] = [.. objects.Select(one => ($"{one.Value.Uid}|{one.Key}", one.Value.Version))];
        }

        foreach (var (_, late) in history.Where(entry => entry.Version > shown))
        {
            watch.Send(late);
        }

        watch.Send(Json.Bookmark(version + 1));
        await ReachAsync(fixture, $"{version + 1}");
        var expected = string.Join(',', objects.Select(one => $"{one.Key}:{one.Value.Uid}{one.Key}:{one.Value.Version}"));
        var actual = string.Join(',', fixture.Informer.Lister.List().Select(Describe).Order(StringComparer.Ordinal));
        Assert.True(expected == actual, $"seed {seed}: expected {expected}, got {actual}");

        var registration = fixture.Informer.AddHandler(new RecordingHandler());
        await registration.WaitForSyncAsync(Cancel);
        await Eventually.TrueAsync(() => Replay(handler) == expected, $"seed {seed}: the handler's view is {expected}");
        foreach (var told in handler.Changes.Where(change => change.Current is not null).GroupBy(change => change.Key))
        {
            var versions = told.Select(change => int.Parse(change.Current!.Metadata.ResourceVersion, CultureInfo.InvariantCulture)).ToArray();
            Assert.True(versions.Zip(versions.Skip(1)).All(pair => pair.First < pair.Second), $"seed {seed}: {told.Key} went {string.Join(", ", versions)}");
        }
    }

    private static string Describe(Widget widget) => $"{widget.Metadata.Name}:{widget.Metadata.Uid}:{widget.Metadata.ResourceVersion}";

    private static string Replay(RecordingHandler handler)
    {
        var view = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var change in handler.Changes)
        {
            Assert.Equal(change.Kind == ChangeKind.Added, !view.ContainsKey(change.Key.Name));
            view.Remove(change.Key.Name);
            if (change.Current is { } current)
            {
                view[change.Key.Name] = Describe(current);
            }
        }

        return string.Join(',', view.Values);
    }

    private static Widget Widget(string name, int version, int size = 0, string ns = "default", string uid = "u-") =>
        JsonSerializer.Deserialize(Json.Widget(name, version, size, ns, uid), WidgetJson.Default.Widget)!;

    /// <summary>Marked for deletion, and nothing holds it any more.</summary>
    private static Widget Gone(InformerFixture fixture, string name, int version, int size = 0)
    {
        var gone = Widget(name, version, size);
        gone.Metadata.DeletionTimestamp = fixture.Time.GetUtcNow().UtcDateTime;
        return gone;
    }

    private static int? Size(InformerFixture fixture, string name) => fixture.Informer.Lister.Get(new ObjectKey("default", name))?.Spec!.Size;

    private static string Show(InformerFixture fixture) =>
        string.Join(',', fixture.Informer.Lister.List().Select(widget => $"{widget.Metadata.Name}{widget.Spec!.Size}").Order(StringComparer.Ordinal));

    private static Task ReachAsync(InformerFixture fixture, string version) =>
        fixture.Informer.WaitForCacheAsync(cache => cache.ResourceVersion == version, Cancel);

    /// <summary>A synced informer whose handler has been told of <paramref name="items"/>.</summary>
    private async Task<ScriptedBody> SyncAsync(InformerFixture fixture, string version, params string[] items)
    {
        fixture.Informer.AddHandler(_handler);
        var watch = await fixture.SyncAsync(version, items);
        await ToldAsync(items.Length);
        return watch;
    }

    private async Task ToldAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await _handler.NextAsync();
        }
    }
}
