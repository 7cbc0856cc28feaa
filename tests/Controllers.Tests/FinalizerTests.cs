using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.Informers;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

public sealed class FinalizerTests : IDisposable
{
    private readonly FakeServer _server = new();
    private readonly List<string> _cleaned = [];

    [Fact]
    public async Task A_living_object_gets_all_finalizers_at_once_by_a_guarded_patch()
    {
        var widget = Widget(version: "7");
        widget.Metadata.Finalizers = ["example.org/other"];
        var context = Context(widget);

        Assert.False(await Both().RunAsync(context, TestContext.Current.CancellationToken));

        var request = Assert.Single(_server.Requests);
        Assert.Equal(
            (HttpMethod.Patch, "/apis/example.com/v1/namespaces/default/widgets/w?fieldManager=tests", "application/merge-patch+json"),
            (request.Method, request.Path, request.ContentType));
        AssertJson("""{"metadata":{"resourceVersion":"7","finalizers":["example.org/other","example.com/a","example.com/b"]}}""", request.Json);
        Assert.Equal(["example.org/other", "example.com/a", "example.com/b"], context.Object!.Metadata.Finalizers);
        Assert.Equal("8", context.Object.Metadata.ResourceVersion);
        Assert.Null(widget.Metadata.Finalizers.FirstOrDefault(name => name == "example.com/a"));
    }

    [Fact]
    public async Task They_are_added_once()
    {
        var widget = Widget();
        widget.Metadata.Finalizers = ["example.com/b", "example.com/a"];

        Assert.False(await Both().RunAsync(Context(widget), TestContext.Current.CancellationToken));

        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task On_deletion_each_one_present_runs_and_all_are_removed()
    {
        var context = Context(Deleted("example.com/a", "example.org/other", "example.com/b"));

        Assert.True(await Both().RunAsync(context, TestContext.Current.CancellationToken));

        Assert.Equal(["a", "b"], _cleaned);
        AssertJson("""{"metadata":{"resourceVersion":"1","finalizers":["example.org/other"]}}""", Assert.Single(_server.Requests).Json);
    }

    [Fact]
    public async Task One_that_fails_stays_and_does_not_hold_up_the_other()
    {
        var context = Context(Deleted("example.com/a", "example.com/b"));
        var set = new FinalizerSet<Widget>()
            .Add("example.com/a", (_, _) => throw new TimeoutException("the bucket is not empty"))
            .Add("example.com/b", CleanUp("b"));

        var failure = await Assert.ThrowsAsync<TimeoutException>(() => set.RunAsync(context, TestContext.Current.CancellationToken));

        Assert.Equal("the bucket is not empty", failure.Message);
        AssertJson("""{"metadata":{"resourceVersion":"1","finalizers":["example.com/a"]}}""", Assert.Single(_server.Requests).Json);
        Assert.Equal(["example.com/a"], context.Object!.Metadata.Finalizers);
    }

    [Fact]
    public async Task Several_failures_are_all_told()
    {
        var set = new FinalizerSet<Widget>()
            .Add("example.com/a", (_, _) => throw new TimeoutException("a"))
            .Add("example.com/b", (_, _) => throw new InvalidOperationException("b"));

        var failure = await Assert.ThrowsAsync<AggregateException>(
            () => set.RunAsync(Context(Deleted("example.com/a", "example.com/b")), TestContext.Current.CancellationToken));

        Assert.Equal(["a", "b"], failure.InnerExceptions.Select(inner => inner.Message));
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task A_deleted_object_does_not_get_finalizers_and_one_without_ours_needs_nothing()
    {
        Assert.True(await Both().RunAsync(Context(Deleted("example.org/other")), TestContext.Current.CancellationToken));
        Assert.True(await Both().RunAsync(Context(null), TestContext.Current.CancellationToken));

        Assert.Empty(_cleaned);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task An_object_that_goes_before_its_finalizer_is_removed_is_just_what_was_wanted()
    {
        _server.Answer = _ => FakeServer.Status(HttpStatusCode.NotFound, "NotFound");

        Assert.True(await Both().RunAsync(Context(Deleted("example.com/a")), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_conflict_is_passed_on_for_the_controller_to_run_again()
    {
        _server.Answer = _ => FakeServer.Status(HttpStatusCode.Conflict, "Conflict");

        var failure = await Assert.ThrowsAsync<KubeApiException>(() => Both().RunAsync(Context(Widget()), TestContext.Current.CancellationToken));

        Assert.True(failure.IsConflict);
    }

    [Fact]
    public async Task The_short_form_is_a_set_of_one()
    {
        Assert.False(await Context(Widget()).FinalizeAsync("example.com/a", CleanUp("a"), TestContext.Current.CancellationToken));
        Assert.True(await Context(Deleted("example.com/a")).FinalizeAsync("example.com/a", CleanUp("a"), TestContext.Current.CancellationToken));

        Assert.Equal(["a"], _cleaned);
        Assert.Equal(2, _server.Requests.Count);
    }

    [Theory]
    [InlineData("finalizer")]
    [InlineData("/finalizer")]
    [InlineData("a/b/c")]
    public void A_name_without_a_domain_is_refused(string name) =>
        Assert.Contains(name, Assert.Throws<ArgumentException>(() => new FinalizerSet<Widget>().Add(name, CleanUp("a"))).Message);

    [Fact]
    public void A_name_is_added_once() => Assert.Throws<ArgumentException>(() => Both().Add("example.com/a", CleanUp("a")));

    public void Dispose() => _server.Dispose();

    private static Widget Deleted(params string[] finalizers)
    {
        var widget = Widget();
        widget.Metadata.DeletionTimestamp = new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        widget.Metadata.Finalizers = finalizers;
        return widget;
    }

    private static void AssertJson(string expected, JsonNode actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"expected {expected}, got {actual.ToJsonString()}");

    private FinalizerSet<Widget> Both() => new FinalizerSet<Widget>().Add("example.com/a", CleanUp("a")).Add("example.com/b", CleanUp("b"));

    private Func<Widget, CancellationToken, ValueTask> CleanUp(string name) => (_, _) =>
    {
        _cleaned.Add(name);
        return ValueTask.CompletedTask;
    };

    private ReconcileContext<Widget> Context(Widget? widget)
    {
        if (widget is not null)
        {
            // The server's answer to a merge patch of finalizers.
            _server.Answer ??= request =>
            {
                var stored = JsonSerializer.SerializeToNode(widget, TestJson.Default.Widget)!;
                stored["metadata"]!["finalizers"] = request.Json["metadata"]!["finalizers"]!.DeepClone();
                stored["metadata"]!["resourceVersion"] = $"{int.Parse(widget.Metadata.ResourceVersion) + 1}";
                return FakeServer.Json(HttpStatusCode.OK, stored.ToJsonString());
            };
        }

        return new ReconcileContext<Widget>(Key, widget, _server.Kube());
    }
}
