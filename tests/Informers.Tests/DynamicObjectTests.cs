using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrMonitor.Informers.Tests;

public sealed class DynamicObjectTests
{
    private const string Text =
        """
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"default","uid":"u","resourceVersion":"5",
         "labels":{"app.kubernetes.io/name":"web","tier":"front"} },"spec":{"replicas":3,"paused":false,"ratio":0.5,"ports":[{"name":"http","port":80},{"port":443}],
         "na\u006de":"escaped","nothing":null},"status":{"conditions":[{"type":"Progressing","status":"False"},{"type":"Ready","status":"True","message":"\u2603"}]} }
        """;

    private static readonly DynamicObject Object = DynamicObject.Parse(Encoding.UTF8.GetBytes(Text));

    [Theory]
    [InlineData("status.conditions[type=Ready].status", "\"True\"")]
    [InlineData("status.conditions[type='Ready'].status", "\"True\"")]
    [InlineData("status.conditions[0].type", "\"Progressing\"")]
    [InlineData("metadata.labels['app.kubernetes.io/name']", "\"web\"")]
    [InlineData("['spec']['replicas']", "3")]
    [InlineData("spec.ports[port=443]", """{"port":443}""")]
    [InlineData("spec.name", "\"escaped\"")]
    [InlineData("spec.nothing", "null")]
    public void A_path_leads_to_a_value(string path, string expected)
    {
        Assert.True(Object.TryGet(DynamicPath.Parse(path), out var value));
        Assert.Equal(expected, value.ToString());
    }

    [Theory]
    [InlineData("status.conditions[type=Degraded].status")]
    [InlineData("status.conditions[2]")]
    [InlineData("status.phase")]
    [InlineData("spec.replicas.more")]
    [InlineData("spec[0]")]
    [InlineData("spec.ports.name")]
    [InlineData("spec.nothing")]
    public void A_path_that_leads_nowhere_or_to_null_does_not_exist(string path) => Assert.False(Object.Exists(DynamicPath.Parse(path)));

    [Theory]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("a[")]
    [InlineData("a[]")]
    [InlineData("a[b]")]
    [InlineData("a[b=c")]
    [InlineData("a['b]")]
    [InlineData("a['b'")]
    [InlineData("a[0]b")]
    public void What_is_no_path_is_refused_with_the_place(string path)
    {
        var message = Assert.Throws<FormatException>(() => DynamicPath.Parse(path)).Message;
        Assert.Contains($"'{path}' is not a path", message, StringComparison.Ordinal);
        Assert.Contains("character", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_are_read_as_what_they_are_and_as_nothing_else()
    {
        Assert.True(Object.TryGetInt64(DynamicPath.Parse("spec.replicas"), out var replicas));
        Assert.True(Object.TryGetBoolean(DynamicPath.Parse("spec.paused"), out var paused));
        Assert.True(Object.TryGetDouble(DynamicPath.Parse("spec.ratio"), out var ratio));
        Assert.True(Object.TryGetString(DynamicPath.Parse("status.conditions[type=Ready].message"), out var message));
        Assert.Equal((3, false, 0.5, "\u2603"), (replicas, paused, ratio, message));

        Assert.False(Object.TryGetInt64(DynamicPath.Parse("spec.ratio"), out _));
        Assert.False(Object.TryGetString(DynamicPath.Parse("spec.replicas"), out _));
        Assert.False(Object.TryGetBoolean(DynamicPath.Parse("spec.replicas"), out _));
        Assert.False(Object.TryGetDouble(DynamicPath.Parse("metadata.name"), out _));
        Assert.False(Object.TryGetString(DynamicPath.Parse("status.none"), out _));
    }

    [Fact]
    public void Elements_are_enumerated_where_they_stand()
    {
        List<string> types = [];
        foreach (var condition in Object.EnumerateArray(DynamicPath.Parse("status.conditions")))
        {
            Assert.True(condition.TryGet(DynamicPath.Parse("type"), out var type));
            types.Add(type.Is("Ready"u8) ? "ready" : type.ToString());
        }

        Assert.Equal(["\"Progressing\"", "ready"], types);
        Assert.False(Object.EnumerateArray(DynamicPath.Parse("spec")).MoveNext());
    }

    [Fact]
    public void Following_a_path_allocates_nothing()
    {
        var path = DynamicPath.Parse("status.conditions[type=Ready].status");
        Object.TryGetString(path, out _);
        Object.Exists(path);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Object.TryGetString(path, out var status);
        var exists = Object.Exists(path);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(("True", true, 0), (status, exists, allocated));
    }

    [Fact]
    public void It_has_a_key_and_metadata_and_cannot_be_changed()
    {
        Assert.Equal(new ObjectKey("default", "web"), ObjectKey.Of(Object));
        Assert.Equal(("apps/v1", "Deployment", "5", "front"), (Object.ApiVersion, Object.Kind, Object.Metadata.ResourceVersion, Object.Metadata.Labels["tier"]));
        Assert.Same(Object.Metadata, Object.Metadata);
        k8s.IKubernetesObject<k8s.Models.V1ObjectMeta> asModel = Object;
        Assert.Throws<NotSupportedException>(() => asModel.Metadata = new());
        Assert.Throws<NotSupportedException>(() => asModel.Kind = "x");
        Assert.Throws<NotSupportedException>(() => asModel.ApiVersion = "x");
    }

    [Fact]
    public void One_without_metadata_has_empty_ones()
    {
        var status = DynamicObject.Parse("""{"apiVersion":"v1","kind":"Status","status":"Success"}"""u8);

        Assert.Null(status.Metadata.Name);
        Assert.Null(status.Metadata.Uid);
    }

    [Fact]
    public void A_copy_can_be_changed_and_made_an_object_again()
    {
        var tree = Object.ToJsonNode();
        tree["spec"]!["replicas"] = 4;

        Assert.True(DynamicObject.From(tree).TryGetInt64(DynamicPath.Parse("spec.replicas"), out var changed));
        Assert.True(Object.TryGetInt64(DynamicPath.Parse("spec.replicas"), out var original));
        Assert.Equal((4, 3), (changed, original));
    }

    [Fact]
    public void The_serializer_reads_and_writes_it_as_it_is()
    {
        var json = DynamicObject.Of(WidgetJson.Resource).Json;
        var read = JsonSerializer.Deserialize(Text, json)!;
        Assert.Equal(Text, read.ToString());
        Assert.Equal(Text, JsonSerializer.Serialize(read, json));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize("[]", json));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("{\"a\":}")]
    public void What_is_no_object_is_refused(string json) => Assert.ThrowsAny<JsonException>(() => DynamicObject.Parse(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Bytes_that_are_not_UTF8_are_refused() => Assert.Throws<JsonException>(() => DynamicObject.Parse([(byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)':', (byte)'1', (byte)'}']));

    [Theory]
    [InlineData("tier=front", true)]
    [InlineData("tier in (a,front),app.kubernetes.io/name", true)]
    [InlineData("!other,tier!=back", true)]
    [InlineData("tier=back", false)]
    [InlineData("other", false)]
    public void Selectors_match_its_labels_without_decoding_metadata(string selector, bool expected) =>
        Assert.Equal(expected, LabelSelector.Parse(selector).Matches(Object));

    [Fact]
    public async Task An_informer_of_dynamic_objects_fills_in_what_items_of_built_in_kinds_lack()
    {
        await using var fixture = new InformerFixture();
        var informer = fixture.Factory.Informer(DynamicObject.Of(WidgetJson.Resource));
        informer.AddIndex("size", widget => widget.TryGet(DynamicPath.Parse("spec.size"), out var size) ? [size.ToString()] : []);
        informer.Start();
        (await fixture.Server.NextListAsync()).List(
            "9", """{"metadata":{"name":"a","namespace":"default","managedFields":[{}],"uid":"u","resourceVersion":"3"},"spec":{"size":1} }""", "{\"metadata\":5}");
        await informer.WaitForSyncAsync(TestContext.Current.CancellationToken);

        var cached = Assert.Single(informer.Lister.ByIndex("size", "1"));
        Assert.Equal(("Widget", "test.crmonitor.dev/v1", new ObjectKey("default", "a")), (cached.Kind, cached.ApiVersion, cached.Key));
        Assert.Equal(
            """{"apiVersion":"test.crmonitor.dev/v1","kind":"Widget","metadata":{"name":"a","namespace":"default","uid":"u","resourceVersion":"3"},"spec":{"size":1} }""",
            cached.ToString());
        Assert.Equal("Widget", JsonNode.Parse(cached.Utf8.Span)!["kind"]!.GetValue<string>());
    }
}
