using System.Net;
using CrMonitor.Informers;
using k8s.Models;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

public sealed class CreateOrUpdateTests : IDisposable
{
    private static readonly CancellationToken Cancelled = TestContext.Current.CancellationToken;

    private readonly FakeServer _server = new();

    [Fact]
    public async Task An_object_is_created_then_changed_where_it_differs_and_then_left_alone()
    {
        await using var rig = await OperatorRig.CreateAsync(new FakeReconciler());
        var initial = new Widget { Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "w", Labels = new Dictionary<string, string> { ["a"] = "b" } } };

        var (created, first) = await rig.Client.CreateOrUpdateAsync(initial, Sized(1), cancellationToken: Cancelled);
        Assert.Equal((WriteOutcome.Created, 1, "b"), (first, created.Spec!.Size, created.Metadata.Labels["a"]));
        Assert.Null(initial.Spec);

        // What others have written stays.
        await rig.Client.PatchAsync<Widget>(
            Key, KubePatch.Merge("""{"metadata":{"labels":{"c":"d"}},"spec":{"color":"red"}}"""u8.ToArray()), cancellationToken: Cancelled);
        var (updated, second) = await rig.Client.CreateOrUpdateAsync(initial, Sized(2), cancellationToken: Cancelled);
        Assert.Equal((WriteOutcome.Updated, 2, "red", "d"), (second, updated.Spec!.Size, updated.Spec.Color, updated.Metadata.Labels["c"]));

        var requests = rig.Paths.Count;
        var (same, third) = await rig.Client.CreateOrUpdateAsync(initial, Sized(2), cancellationToken: Cancelled);
        Assert.Equal((WriteOutcome.Unchanged, updated.Metadata.ResourceVersion), (third, same.Metadata.ResourceVersion));
        Assert.DoesNotContain(rig.Paths.Skip(requests), path => !path.StartsWith("GET ", StringComparison.Ordinal));

        var (without, fourth) = await rig.Client.CreateOrUpdateAsync(
            initial, widget => { widget.Spec!.Color = null; return widget; }, cancellationToken: Cancelled);
        Assert.Equal((WriteOutcome.Updated, (string?)null, 2), (fourth, without.Spec!.Color, without.Spec.Size));
    }

    [Fact]
    public async Task What_is_written_is_the_difference_for_the_version_that_was_read()
    {
        _server.Answer = request => FakeServer.Json(HttpStatusCode.OK, request.Method == HttpMethod.Get
            ? """{"metadata":{"name":"w","namespace":"default","resourceVersion":"7","uid":"u"},"spec":{"size":1,"color":"red"}}"""
            : """{"metadata":{"name":"w","namespace":"default","resourceVersion":"8","uid":"u"},"spec":{"size":2,"color":"red"}}""");

        var (_, outcome) = await _server.Kube().CreateOrUpdateAsync(Widget(), Sized(2), cancellationToken: Cancelled);

        Assert.Equal(WriteOutcome.Updated, outcome);
        var write = _server.Requests.Last();
        Assert.Equal((HttpMethod.Patch, "application/merge-patch+json"), (write.Method, write.ContentType));
        Assert.Equal("""{"spec":{"size":2},"metadata":{"resourceVersion":"7"}}""", write.Body);
    }

    [Fact]
    public async Task Metadata_alone_are_changed_and_the_rest_of_the_object_stays()
    {
        await using var rig = await OperatorRig.CreateAsync(new FakeReconciler());
        await rig.Client.CreateAsync(new Widget { Metadata = Named(), Spec = new WidgetSpec { Size = 7 } }, cancellationToken: Cancelled);
        var metadata = rig.Client.For(PartialObjectMetadata.Of(Widgets));

        var (labelled, outcome) = await metadata.CreateOrUpdateAsync(
            new PartialObjectMetadata { Metadata = Named() },
            found =>
            {
                found.Metadata.Labels = new Dictionary<string, string> { ["a"] = "b" };
                return found;
            },
            cancellationToken: Cancelled);

        Assert.Equal((WriteOutcome.Updated, "b"), (outcome, labelled.Metadata.Labels["a"]));
        Assert.Equal(7, (await rig.Client.Live.GetAsync<Widget>(Key, Cancelled))!.Spec!.Size);

        static V1ObjectMeta Named() => new() { NamespaceProperty = "default", Name = "w" };
    }

    [Fact]
    public async Task A_write_that_the_server_undid_has_changed_nothing()
    {
        _server.Answer = _ => FakeServer.Json(
            HttpStatusCode.OK, """{"metadata":{"name":"w","namespace":"default","resourceVersion":"7","uid":"u"},"spec":{"size":1,"color":"default"}}""");

        var (_, outcome) = await _server.Kube().CreateOrUpdateAsync(
            Widget(), widget => { widget.Spec!.Color = null; return widget; }, cancellationToken: Cancelled);

        Assert.Equal((WriteOutcome.Unchanged, 2), (outcome, _server.Requests.Count));
    }

    [Fact]
    public async Task An_object_that_the_cache_does_not_show_yet_is_read_live_and_changed()
    {
        var reads = 0;
        _server.Answer = request => request.Method.Method switch
        {
            "GET" when ++reads == 1 => FakeServer.Status(HttpStatusCode.NotFound, "NotFound"),
            "POST" => FakeServer.Status(HttpStatusCode.Conflict, "AlreadyExists"),
            "GET" => FakeServer.Json(HttpStatusCode.OK, """{"metadata":{"name":"w","namespace":"default","resourceVersion":"7","uid":"u"},"spec":{"size":1}}"""),
            _ => FakeServer.Json(HttpStatusCode.OK, """{"metadata":{"name":"w","namespace":"default","resourceVersion":"8","uid":"u"},"spec":{"size":2}}"""),
        };

        var (answer, outcome) = await _server.Kube().CreateOrUpdateAsync(Widget(), Sized(2), cancellationToken: Cancelled);

        Assert.Equal((WriteOutcome.Updated, "8"), (outcome, answer.Metadata.ResourceVersion));
        Assert.Equal(["GET", "POST", "GET", "PATCH"], _server.Requests.Select(request => request.Method.Method));
    }

    [Fact]
    public async Task An_object_that_is_there_and_then_gone_is_the_failure_that_the_server_told()
    {
        _server.Answer = request => request.Method == HttpMethod.Get
            ? FakeServer.Status(HttpStatusCode.NotFound, "NotFound")
            : FakeServer.Status(HttpStatusCode.Conflict, "AlreadyExists");

        var failure = await Assert.ThrowsAsync<KubeApiException>(() => _server.Kube().CreateOrUpdateAsync(Widget(), Sized(2), cancellationToken: Cancelled));

        Assert.True(failure.IsAlreadyExists);
    }

    [Fact]
    public async Task A_change_that_makes_another_object_of_it_is_refused()
    {
        _server.Answer = _ => FakeServer.Status(HttpStatusCode.NotFound, "NotFound");
        var client = _server.Kube();

        var renamed = await Assert.ThrowsAsync<InvalidOperationException>(
            () => client.CreateOrUpdateAsync(Widget(), widget => { widget.Metadata.Name = "v"; return widget; }, cancellationToken: Cancelled));
        Assert.StartsWith("The change of Widget default/w made it default/v.", renamed.Message, StringComparison.Ordinal);
        var nothing = await Assert.ThrowsAsync<InvalidOperationException>(() => client.CreateOrUpdateAsync(Widget(), _ => null!, cancellationToken: Cancelled));
        Assert.StartsWith("The change of Widget default/w returned no object.", nothing.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => client.CreateOrUpdateAsync(new Widget(), Sized(1), cancellationToken: Cancelled));
        Assert.DoesNotContain(_server.Requests, request => request.Method != HttpMethod.Get);
    }

    public void Dispose() => _server.Dispose();

    private static Func<Widget, Widget> Sized(int size) => widget =>
    {
        widget.Spec ??= new WidgetSpec();
        widget.Spec.Size = size;
        return widget;
    };
}
