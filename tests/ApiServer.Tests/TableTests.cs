using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Kinds;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.ApiServer.Tests;

public sealed class TableTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.Parse("2026-11-22T16:34:33Z", System.Globalization.CultureInfo.InvariantCulture));
    private readonly ResourceRegistry _registry;
    private readonly TableConverter _converter;

    public TableTests()
    {
        _registry = new ResourceRegistry(_time);
        _converter = new TableConverter(_time);
    }

    // Definition, object and cells as a real server showed them.
    [Fact]
    public void The_cells_of_a_custom_resource_follow_the_types_of_its_columns()
    {
        var thing = TestKinds.Apply(_registry, TestKinds.ThingDefinition);
        var obj = Json("""
            {
              "apiVersion": "schemaprobe.example.com/v1", "kind": "Thing",
              "metadata": {"name": "t1", "creationTimestamp": "2026-11-22T16:34:33Z", "resourceVersion": "69"},
              "spec": {"image": "i", "replicas": 3, "num": 1.5, "when": "2026-11-22T10:00:00Z", "bool": true, "tags": ["a", "b"], "labels": {"x": "y"}}
            }
            """);

        var table = _converter.Convert(thing, obj, TableRequest.Parse("Table", "v1", null));

        Assert.Equal("""["t1","i",3,null,1.5,"6h34m",true,"[\"a\",\"b\"]","{\"x\":\"y\"}","a","1.5","0s"]""", Cells(table));
        Assert.Equal("""{"resourceVersion":"69"}""", Text(table["metadata"]));
        Assert.Equal("Table meta.k8s.io/v1", $"{table["kind"]} {table["apiVersion"]}");
        Assert.Equal(
            """{"name":"Ready","type":"string","format":"","description":"Custom resource definition column (in JSONPath format): .status.conditions[?(@.type==\"Ready\")].status","priority":0}""",
            Text(table["columnDefinitions"]![3]));
        Assert.Equal("""{"name":"All","type":"string","format":"","description":"tags, all","priority":1}""", Text(table["columnDefinitions"]![9]));
        Assert.Equal("PartialObjectMetadata t1", $"{table["rows"]![0]!["object"]!["kind"]} {table["rows"]![0]!["object"]!["metadata"]!["name"]}");
    }

    [Fact]
    public void A_condition_is_found_by_its_type()
    {
        var thing = TestKinds.Apply(_registry, TestKinds.ThingDefinition);
        var obj = Json(
            """{"metadata": {"name": "t1"}, "status": {"conditions": [{"type": "A", "status": "False"}, {"type": "Ready", "status": "True"}]}}""");

        var table = _converter.Convert(thing, obj, TableRequest.Parse("Table", "v1", null));

        Assert.Equal("""["t1",null,null,"True",null,null,null,null,null,null,null,null]""", Cells(table));
    }

    [Fact]
    public void A_custom_resource_without_columns_shows_name_and_age()
    {
        var definition = Json(TestKinds.ThingDefinition);
        definition["spec"]!["versions"]![0]!.AsObject().Remove("additionalPrinterColumns");
        var thing = TestKinds.Apply(_registry, definition.ToJsonString());

        var table = _converter.Convert(
            thing, Json("""{"metadata": {"name": "t1", "creationTimestamp": "2026-11-22T16:31:00Z"}}"""), TableRequest.Parse("Table", "v1", null));

        Assert.Equal("""["t1","3m33s"]""", Cells(table));
        Assert.Equal("Name:string Age:date", string.Join(' ', table["columnDefinitions"]!.AsArray().Select(c => $"{c!["name"]}:{c["type"]}")));
    }

    [Fact]
    public void A_list_keeps_what_paging_needs()
    {
        var thing = TestKinds.Apply(_registry, TestKinds.ThingDefinition);
        var list = Json("""{"kind": "ThingList", "metadata": {"resourceVersion": "7", "continue": "abc", "remainingItemCount": 4}, "items": [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}]}""");

        var table = _converter.Convert(thing, list, TableRequest.Parse("Table", "v1", "None"));

        Assert.Equal("""{"resourceVersion":"7","continue":"abc","remainingItemCount":4}""", Text(table["metadata"]));
        Assert.Equal(["a", "b"], table["rows"]!.AsArray().Select(r => (string?)r!["cells"]![0]));
        Assert.All(table["rows"]!.AsArray(), r => Assert.Null(r!["object"]));
    }

    [Fact]
    public void Only_the_first_event_of_a_watch_names_the_columns()
    {
        var thing = TestKinds.Apply(_registry, TestKinds.ThingDefinition);
        var request = TableRequest.Parse("Table", "v1", "Object");

        var first = _converter.ConvertEvent(thing, Json("""{"metadata": {"name": "a"}, "spec": {}}"""), request, isFirst: true);
        var bookmark = _converter.ConvertEvent(thing, Json("""{"metadata": {"resourceVersion": "69"}}"""), request, isFirst: false);

        Assert.Equal(12, first["columnDefinitions"]!.AsArray().Count);
        Assert.NotNull(first["rows"]![0]!["object"]!["spec"]);
        Assert.Null(bookmark["columnDefinitions"]);
        Assert.Equal("""["",null,null,null,null,null,null,null,null,null,null,null]""", Cells(bookmark));
    }

    [Fact]
    public void Metadata_alone_can_be_had_of_an_object_and_of_a_list()
    {
        var thing = TestKinds.Apply(_registry, TestKinds.ThingDefinition);
        var obj = Json("""{"metadata": {"name": "a"}, "spec": {}}""");
        var list = Json("""{"kind": "ThingList", "metadata": {"resourceVersion": "7"}, "items": [{"metadata": {"name": "a"}, "spec": {}}]}""");

        Assert.Equal(
            """{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"a"}}""",
            Text(_converter.Convert(thing, obj, TableRequest.Parse("PartialObjectMetadata", "v1", null))));
        Assert.Equal(
            """{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"7"},"items":[{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"a"}}]}""",
            Text(_converter.Convert(thing, list, TableRequest.Parse("PartialObjectMetadataList", "v1", null))));
        var error = Assert.Throws<ApiException>(() => _converter.Convert(thing, list, TableRequest.Parse("PartialObjectMetadata", "v1", null)));
        Assert.Equal(
            (406, "you requested PartialObjectMetadata, but the requested object is a list (*unstructured.UnstructuredList)"),
            (error.Code, error.Message));
    }

    [Fact]
    public void An_unknown_includeObject_is_refused()
    {
        var error = Assert.Throws<ApiException>(() => TableRequest.Parse("Table", "v1", "Foo"));

        Assert.Equal(
            (400, """Unable to convert to Table as requested: includeObject: Invalid value: "Foo": must be 'Metadata', 'Object', 'None', or empty"""),
            (error.Code, error.Message));
    }

    [Fact]
    public void A_deployment_shows_what_kubectl_shows()
    {
        var deployment = _registry.Find("apps", "v1", "deployments")!;
        var obj = Json("""
            {
              "metadata": {"name": "web", "creationTimestamp": "2026-11-22T16:33:00Z"},
              "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": {"spec": {"containers": [{"name": "c", "image": "nginx:1"}]}}},
              "status": {"readyReplicas": 1, "updatedReplicas": 3, "availableReplicas": 1}
            }
            """);

        var table = _converter.Convert(deployment, obj, TableRequest.Parse("Table", "v1", null));

        Assert.Equal(
            "Name Ready Up-to-date Available Age Containers Images Selector",
            string.Join(' ', table["columnDefinitions"]!.AsArray().Select(c => c!["name"])));
        Assert.Equal("""["web","1/3",3,1,"93s","c","nginx:1","app=web"]""", Cells(table));
    }

    [Theory]
    [InlineData("v1", """{"lastTimestamp": "2026-11-22T16:34:00Z", "count": 3, "type": "Normal", "reason": "Created", "message": "hello", "involvedObject": {"kind": "Application", "name": "web"}, "metadata": {"name": "e"}}""", "")]
    [InlineData("v1", """{"deprecatedLastTimestamp": "2026-11-22T16:34:00Z", "deprecatedCount": 3, "type": "Normal", "reason": "Created", "note": "hello", "regarding": {"kind": "Application", "name": "web"}, "metadata": {"name": "e"}}""", "events.k8s.io")]
    public void Both_forms_of_an_event_show_the_same_row(string version, string obj, string group)
    {
        var table = _converter.Convert(_registry.Find(group, version, "events")!, Json(obj), TableRequest.Parse("Table", "v1", null));

        Assert.Equal("""["33s","Normal","Created","application/web","","","hello","\u003Cunknown\u003E",3,"e"]""", Cells(table));
    }

    [Theory]
    [InlineData(-5, "<invalid>")]
    [InlineData(-1, "0s")]
    [InlineData(0, "0s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(121, "2m1s")]
    [InlineData(600, "10m")]
    [InlineData(10_799, "179m")]
    [InlineData(10_800, "3h")]
    [InlineData(11_000, "3h3m")]
    [InlineData(28_800, "8h")]
    [InlineData(172_799, "47h")]
    [InlineData(172_800, "2d")]
    [InlineData(180_000, "2d2h")]
    [InlineData(691_200, "8d")]
    [InlineData(63_072_000, "2y")]
    [InlineData(63_158_400, "2y1d")]
    [InlineData(252_288_000, "8y")]
    public void An_age_has_two_or_three_significant_figures(int seconds, string expected) =>
        Assert.Equal(expected, HumanDuration.Format(TimeSpan.FromSeconds(seconds)));

    private static string Cells(JsonObject table) => Text(table["rows"]![0]!["cells"]);

    private static string Text(JsonNode? node) =>
        node!.ToJsonString(TestKinds.Relaxed).Replace("<", "\\u003C", StringComparison.Ordinal).Replace(">", "\\u003E", StringComparison.Ordinal);

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();
}
