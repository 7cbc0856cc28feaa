namespace CrMonitor.Informers.Tests;

public sealed class PartialObjectMetadataTests
{
    [Fact]
    public async Task The_server_is_asked_for_metadata_alone()
    {
        await using var fixture = new InformerFixture();
        var informer = fixture.Factory.Informer(PartialObjectMetadata.Of(WidgetJson.Resource));
        informer.Start();
        var list = await fixture.Server.NextListAsync();
        Assert.Equal("application/json; as=PartialObjectMetadataList; g=meta.k8s.io; v=v1, application/json", list.Accept);
        list.Answer(
            """
            {"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"9"},"items":[
             {"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"a","namespace":"default","labels":{"tier":"web"},"managedFields":[{}]} }]}
            """);
        var watch = await fixture.Server.NextWatchAsync();
        Assert.Equal("application/json; as=PartialObjectMetadata; g=meta.k8s.io; v=v1, application/json", watch.Accept);

        var cached = Assert.Single(informer.Lister.List(selector: LabelSelector.Parse("tier=web")));
        Assert.Equal(("Widget", "test.crmonitor.dev/v1", "a"), (cached.Kind, cached.ApiVersion, cached.Metadata.Name));
        Assert.Null(cached.Metadata.ManagedFields);
    }

    [Fact]
    public async Task Of_whole_objects_the_rest_is_passed_over()
    {
        await using var fixture = new InformerFixture();
        var informer = fixture.Factory.Informer(PartialObjectMetadata.Of(WidgetJson.Resource));
        informer.Start();
        (await fixture.Server.NextListAsync()).List("9", Json.Widget("a", 5), """{"metadata":{"managedFields":[{}],"name":"b"},"spec":{"size":"many"} }""");
        await informer.WaitForSyncAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["a", "b"], informer.Lister.List().Select(cached => cached.Metadata.Name).Order());
        Assert.Empty(informer.InvalidObjects);
    }

    [Fact]
    public async Task An_object_of_another_kind_or_without_a_name_is_invalid()
    {
        await using var fixture = new InformerFixture();
        var informer = fixture.Factory.Informer(PartialObjectMetadata.Of(WidgetJson.Resource));
        informer.Start();
        (await fixture.Server.NextListAsync()).List("9", """{"kind":"Gadget","metadata":{"name":"a"} }""", """{"metadata":{} }""", "{}");
        await informer.WaitForSyncAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, informer.Lister.Count);
        Assert.Contains("'Gadget'", Assert.Single(informer.InvalidObjects).Error.Message, StringComparison.Ordinal);
    }
}
