using System.Net;
using CrMonitor.Informers;
using k8s.Models;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

public sealed class ClientTests : IDisposable
{
    private static readonly CancellationToken Cancelled = TestContext.Current.CancellationToken;

    private readonly FakeServer _server = new();

    [Fact]
    public async Task Create_posts_the_object_with_its_kind_and_without_nulls()
    {
        var created = await _server.Kube().CreateAsync(Widget(), cancellationToken: Cancelled);

        var request = Assert.Single(_server.Requests);
        Assert.Equal((HttpMethod.Post, "/apis/example.com/v1/namespaces/default/widgets?fieldManager=tests"), (request.Method, request.Path));
        Assert.StartsWith("""{"apiVersion":"example.com/v1","kind":"Widget","metadata":{""", request.Body);
        Assert.DoesNotContain("null", request.Body);
        Assert.Equal("w", created.Metadata.Name);
    }

    [Fact]
    public async Task What_the_object_says_of_its_kind_is_not_said_twice()
    {
        var widget = Widget();
        widget.Kind = "Widget";

        await _server.Kube().UpdateAsync(widget, cancellationToken: Cancelled);

        var request = Assert.Single(_server.Requests);
        Assert.Equal((HttpMethod.Put, "/apis/example.com/v1/namespaces/default/widgets/w?fieldManager=tests"), (request.Method, request.Path));
        Assert.StartsWith("""{"apiVersion":"example.com/v1","kind":"Widget","metadata":{""", request.Body);
        Assert.Null(widget.ApiVersion);
    }

    [Fact]
    public async Task Apply_is_server_side_and_by_default_with_force()
    {
        var deployment = new V1Deployment { Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "d" }, Spec = new V1DeploymentSpec { Replicas = 2 } };

        await _server.Kube().ApplyAsync(deployment, cancellationToken: Cancelled);
        await _server.Kube().ApplyAsync(
            deployment, new ApplyOptions { Force = false, FieldManager = "an other", DryRun = true, Subresource = "status" }, Cancelled);

        var requests = _server.Requests.ToArray();
        Assert.Equal("/apis/apps/v1/namespaces/default/deployments/d?fieldManager=tests&force=true", requests[0].Path);
        Assert.Equal("application/apply-patch+yaml", requests[0].ContentType);
        Assert.Equal("""{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","namespace":"default"},"spec":{"replicas":2}}""", requests[0].Body);
        Assert.Equal("/apis/apps/v1/namespaces/default/deployments/d/status?fieldManager=an%20other&dryRun=All", requests[1].Path);
    }

    [Fact]
    public async Task A_body_that_is_JSON_already_is_applied_as_it_is()
    {
        await _server.Kube().ApplyJsonAsync<Widget>(Key, """{"metadata":{"name":"w"},"spec":{"size":2}}"""u8.ToArray(), cancellationToken: Cancelled);

        Assert.Equal("""{"metadata":{"name":"w"},"spec":{"size":2}}""", Assert.Single(_server.Requests).Body);
    }

    [Fact]
    public async Task The_managedFields_of_answers_are_not_read()
    {
        _server.Answer = _ => FakeServer.Json(HttpStatusCode.OK, """{"metadata":{"name":"w","namespace":"default","managedFields":"no list at all","uid":"u"}}""");

        var answer = await _server.Kube().GetAsync<Widget>(Key, Cancelled);

        Assert.Equal("u", answer!.Metadata.Uid);
        Assert.Null(answer.Metadata.ManagedFields);
    }

    [Fact]
    public async Task Get_reads_live_and_knows_that_there_is_none()
    {
        _server.Answer = request => request.Path.EndsWith("/w") ? FakeServer.Json(HttpStatusCode.OK, """{"metadata":{"name":"w"}}""") : FakeServer.Status(HttpStatusCode.NotFound, "NotFound");

        Assert.Equal("w", (await _server.Kube().GetAsync<Widget>(Key, Cancelled))?.Metadata.Name);
        Assert.Null(await _server.Kube().GetAsync<Widget>(new ObjectKey("default", "none"), Cancelled));
    }

    [Fact]
    public async Task Delete_carries_its_preconditions_and_knows_that_there_was_none()
    {
        Assert.True(await _server.Kube().DeleteAsync<Widget>(
            Key,
            new DeleteOptions { Uid = "u", ResourceVersion = "5", Propagation = DeletePropagation.Foreground, GracePeriod = TimeSpan.FromSeconds(10), DryRun = true },
            Cancelled));
        var request = Assert.Single(_server.Requests);
        Assert.Equal((HttpMethod.Delete, "/apis/example.com/v1/namespaces/default/widgets/w"), (request.Method, request.Path));
        Assert.Equal(
            """{"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"uid":"u","resourceVersion":"5"},"propagationPolicy":"Foreground","gracePeriodSeconds":10,"dryRun":["All"]}""",
            request.Body);

        _server.Answer = _ => FakeServer.Status(HttpStatusCode.NotFound, "NotFound");
        Assert.False(await _server.Kube().DeleteAsync<Widget>(Key, cancellationToken: Cancelled));
    }

    [Fact]
    public async Task A_refusal_is_told_with_the_words_of_the_server()
    {
        _server.Answer = _ => FakeServer.Status(HttpStatusCode.Conflict, "AlreadyExists");

        var failure = await Assert.ThrowsAsync<KubeApiException>(() => _server.Kube().CreateAsync(Widget(), cancellationToken: Cancelled));

        Assert.True(failure.IsAlreadyExists);
        Assert.False(failure.IsConflict);
        Assert.Contains("AlreadyExists said the test", failure.Message);
    }

    [Fact]
    public async Task An_answer_that_is_no_such_object_is_told_as_that()
    {
        _server.Answer = _ => FakeServer.Json(HttpStatusCode.OK, """{"metadata":{"name":"w"},"spec":{"size":"large"}}""");

        var failure = await Assert.ThrowsAsync<InvalidDataException>(() => _server.Kube().GetAsync<Widget>(Key, Cancelled));

        Assert.Contains("$.spec.size", failure.Message);
    }

    [Fact]
    public async Task What_is_created_at_a_subresource_is_answered_in_its_own_kind_and_the_cache_shows_the_object_anew()
    {
        var informers = new FakeInformers();
        var informer = (FakeInformer<DynamicObject>)informers.Get(DynamicObject.Of(Widgets));
        informer.NoteWrite("""{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w","namespace":"default","uid":"u"} }"""u8);
        _server.Answer = request => FakeServer.Json(
            HttpStatusCode.Created,
            request.Method == HttpMethod.Post
                ? """{"apiVersion":"v1","kind":"Status","metadata":{},"status":"Success"}"""
                : """
                  {"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w","namespace":"default","uid":"u","resourceVersion":"7"} }
                  """);
        var client = new KubeClient(_server.Client(), Known(), informers, null).For(DynamicObject.Of(Widgets));
        var eviction = DynamicObject.Parse("""{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"w","namespace":"default"} }"""u8);

        var answer = await client.CreateAsync(eviction, new WriteOptions { Subresource = "eviction" }, Cancelled);
        Assert.Equal("Status", answer.Kind);
        Assert.Equal("/apis/example.com/v1/namespaces/default/widgets/w/eviction?fieldManager=tests", _server.Requests.First().Path);
        Assert.Equal("7", informer.Lister.Get(Key)!.Metadata.ResourceVersion);

        // It was the last that held it.
        _server.Answer = request => request.Method == HttpMethod.Post
            ? FakeServer.Json(HttpStatusCode.Created, """{"apiVersion":"v1","kind":"Status","metadata":{},"status":"Success"}""")
            : FakeServer.Status(HttpStatusCode.NotFound, "NotFound");
        await client.CreateAsync(eviction, new WriteOptions { Subresource = "eviction", DryRun = true }, Cancelled);
        Assert.NotNull(informer.Lister.Get(Key));
        await client.CreateAsync(eviction, new WriteOptions { Subresource = "eviction" }, Cancelled);
        Assert.Null(informer.Lister.Get(Key));
        Assert.Equal(5, _server.Requests.Count);
    }

    [Fact]
    public async Task A_type_that_cannot_be_what_a_subresource_answers_is_told_what_to_do()
    {
        _server.Answer = request => request.Method == HttpMethod.Get
            ? FakeServer.Status(HttpStatusCode.NotFound, "NotFound")
            : FakeServer.Json(HttpStatusCode.Created, """{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"w","uid":"u"} }""");
        var scale = new WriteOptions { Subresource = "scale" };

        var unread = await Assert.ThrowsAsync<InvalidDataException>(() => _server.Kube().CreateAsync(Widget(), scale, Cancelled));
        Assert.Contains("the answer is a Scale, which Widget does not describe. Send a DynamicObject", unread.Message);
        var gone = await Assert.ThrowsAsync<InvalidOperationException>(
            () => _server.Kube().PatchAsync<Widget>(Key, KubePatch.Merge("{}"u8.ToArray()), scale, Cancelled));
        Assert.Contains("the Widget default/w has been deleted since", gone.Message);
    }

    [Fact]
    public async Task The_version_that_was_known_of_a_deleted_object_is_told_to_the_cache()
    {
        var informers = new FakeInformers();
        informers.Widgets.NoteWrite(Widget(version: "5"));
        _server.Answer = _ => FakeServer.Json(
            HttpStatusCode.OK, """{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","details":{"name":"w","uid":"uid-1"} }""");
        var client = new KubeClient(_server.Client(), Known(), informers, null);

        await client.DeleteAsync<Widget>(Key, cancellationToken: Cancelled);
        informers.Widgets.NoteWrite(Widget(version: "6", uid: "another"));
        await client.DeleteAsync<Widget>(Key, cancellationToken: Cancelled);

        Assert.Equal([(Key, "uid-1", "5"), (Key, "uid-1", null)], informers.Widgets.Deletions);
    }

    [Fact]
    public async Task An_update_of_metadata_alone_is_refused_and_says_what_to_do()
    {
        var metadata = _server.Kube().For(PartialObjectMetadata.Of(Widgets));

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => metadata.UpdateAsync(new PartialObjectMetadata { Metadata = Widget().Metadata }, cancellationToken: Cancelled));

        Assert.Contains("An update replaces the whole Widget default/w", failure.Message);
        Assert.Contains("with PatchAsync", failure.Message);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public void A_type_without_a_contract_is_named_with_the_remedy()
    {
        var client = new KubeClient(_server.Client(), new CrMonitorOptions { FieldManager = "tests" });

        var failure = Assert.Throws<InvalidOperationException>(client.Resource<Widget>);

        Assert.Contains("[JsonSerializable(typeof(Widget))]", failure.Message);
    }

    [Fact]
    public void Each_type_keeps_the_resource_that_the_client_was_told_for_it()
    {
        var gadgets = new KubeResource("example.com", "v1", "gadgets", "Gadget");

        var client = _server.Kube().For(DynamicObject.Of(Widgets)).For(PartialObjectMetadata.Of(gadgets));

        Assert.Equal("widgets", client.Resource<DynamicObject>().Plural);
        Assert.Equal("gadgets", client.Resource<PartialObjectMetadata>().Plural);
        Assert.Equal("gadgets", client.For(DynamicObject.Of(gadgets)).Resource<DynamicObject>().Plural);
    }

    [Fact]
    public void A_type_that_stands_for_any_resource_means_the_one_that_it_is_bound_to_and_of_several_none()
    {
        var options = new CrMonitorOptions { FieldManager = "tests" };
        var client = new KubeClient(_server.Client(), options);
        var none = Assert.Throws<InvalidOperationException>(client.Resource<DynamicObject>);
        Assert.StartsWith("DynamicObject stands for any resource, and none is named. ", none.Message, StringComparison.Ordinal);
        Assert.Contains("by DynamicObject.Of(resource): to For, Owns,", none.Message, StringComparison.Ordinal);

        options.AddResource(DynamicObject.Of(Widgets));
        options.AddResource(DynamicObject.Of(Widgets));
        Assert.Equal("widgets", client.Resource<DynamicObject>().Plural);

        options.AddResource(DynamicObject.Of(new KubeResource("example.com", "v1", "gadgets", "Gadget")));
        var several = Assert.Throws<InvalidOperationException>(client.Resource<DynamicObject>);
        Assert.Contains("here for several: widgets.example.com, gadgets.example.com. ", several.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(client.Resource<PartialObjectMetadata>);
    }

    private static CrMonitorOptions Known()
    {
        var options = new CrMonitorOptions { FieldManager = "tests" };
        options.JsonContexts.Add(TestJson.Default);
        return options;
    }

    public void Dispose() => _server.Dispose();
}
