using System.Text;
using System.Text.Json;
using k8s.Models;

namespace CrMonitor.Informers.Tests;

/// <summary>What becomes of the bytes of one typed object.</summary>
public sealed class DecodingTests
{
    private const string Full =
        """
        {"apiVersion":"test.crmonitor.dev/v1","kind":"Widget","metadata":{"annotations":{"note":"a \u0022quoted\u0022 \u2603","empty":""},
         "creationTimestamp":"2026-01-31T12:00:00+02:00","deletionGracePeriodSeconds":30,"deletionTimestamp":"2026-02-01T00:00:00.25Z",
         "finalizers":["a.dev/one","b.dev/two"],"generateName":"w-","generation":9007199254740993,"labels":{"tier":"web","app":"w"},
         "managedFields":[{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{}},"manager":"m","operation":"Apply","subresource":"status",
         "time":"2026-01-31T10:00:00Z","unknown":[1]}],"name":"w\u002d1","namespace":"default",
         "ownerReferences":[{"apiVersion":"apps/v1","blockOwnerDeletion":true,"controller":false,"kind":"Deployment","name":"d","uid":"u1","unknown":{}}],
         "resourceVersion":"7","selfLink":"/x","uid":"u-1","unknown":{"labels":{"a":"b"} } },"spec":{"size":3},"unknown":[{"metadata":{} }]}
        """;

    [Fact]
    public void Every_field_of_metadata_is_read()
    {
        var widget = Decode(Full, keepManagedFields: true);
        var metadata = widget.Metadata;

        Assert.Equal(("a \"quoted\" \u2603", "", 2), (metadata.Annotations["note"], metadata.Annotations["empty"], metadata.Annotations.Count));
        Assert.Equal(new DateTime(2026, 1, 31, 10, 0, 0, DateTimeKind.Utc), metadata.CreationTimestamp);
        Assert.Equal(DateTimeKind.Utc, metadata.CreationTimestamp!.Value.Kind);
        Assert.Equal(30, metadata.DeletionGracePeriodSeconds);
        Assert.Equal(250, metadata.DeletionTimestamp!.Value.Millisecond);
        Assert.Equal(["a.dev/one", "b.dev/two"], metadata.Finalizers);
        Assert.Equal(("w-", 9007199254740993, "w-1", "default"), (metadata.GenerateName, metadata.Generation, metadata.Name, metadata.NamespaceProperty));
        Assert.Equal(("7", "/x", "u-1"), (metadata.ResourceVersion, metadata.SelfLink, metadata.Uid));
        Assert.Equal(("web", "w", 2), (metadata.Labels["tier"], metadata.Labels["app"], metadata.Labels.Count));
        Assert.Equal(
            new V1OwnerReference { ApiVersion = "apps/v1", BlockOwnerDeletion = true, Controller = false, Kind = "Deployment", Name = "d", Uid = "u1" },
            Assert.Single(metadata.OwnerReferences));
        var managed = Assert.Single(metadata.ManagedFields);
        Assert.Equal(("v1", "FieldsV1", "m", "Apply", "status"), (managed.ApiVersion, managed.FieldsType, managed.Manager, managed.Operation, managed.Subresource));
        Assert.Equal(new DateTime(2026, 1, 31, 10, 0, 0, DateTimeKind.Utc), managed.Time);
        Assert.Equal("""{"f:spec":{}}""", managed.FieldsV1.ToString());
        Assert.Equal(3, widget.Spec!.Size);
    }

    [Fact]
    public void Every_field_of_metadata_may_be_null()
    {
        var names = typeof(V1ObjectMeta).GetProperties()
            .SelectMany(property => property.GetCustomAttributes(typeof(System.Text.Json.Serialization.JsonPropertyNameAttribute), false))
            .Select(attribute => ((System.Text.Json.Serialization.JsonPropertyNameAttribute)attribute).Name)
            .Where(name => name != "name");
        var nulls = string.Join(',', names.Select(name => $"\"{name}\":null"));

        var metadata = Decode($$$"""{"metadata":{"name":"w",{{{nulls}}}}}""", keepManagedFields: true).Metadata;

        Assert.Equal(new V1ObjectMeta { Name = "w" }, metadata);
    }

    [Fact]
    public void A_decoded_object_is_written_as_the_users_contract_would_write_it()
    {
        var ours = Decode(Full);
        var theirs = JsonSerializer.Deserialize(Full, WidgetJson.Default.Widget)!;

        // The differences: no managed fields, and times are always in UTC.
        theirs.Metadata.ManagedFields = null;
        theirs.Metadata.CreationTimestamp = theirs.Metadata.CreationTimestamp!.Value.ToUniversalTime();
        Assert.Equal(JsonSerializer.Serialize(theirs, WidgetJson.Default.Widget), JsonSerializer.Serialize(ours, WidgetJson.Default.Widget));
    }

    [Theory]
    [InlineData("""{"metadata":{"name":5}}""", "$.metadata.name")]
    [InlineData("""{"metadata":{"name":"w","labels":[]}}""", "$.metadata.labels")]
    [InlineData("""{"metadata":{"name":"w","labels":{"app":1}}}""", "$.metadata.labels.app")]
    [InlineData("""{"metadata":{"name":"w","labels":{"a.b/c":{}}}}""", "$.metadata.labels['a.b/c']")]
    [InlineData("""{"metadata":{"name":"w","generation":1.5}}""", "$.metadata.generation")]
    [InlineData("""{"metadata":{"name":"w","creationTimestamp":"soon"}}""", "$.metadata.creationTimestamp")]
    [InlineData("""{"metadata":{"name":"w","finalizers":["a",1]}}""", "$.metadata.finalizers[1]")]
    [InlineData("""{"metadata":{"name":"w","ownerReferences":[{},{"controller":"yes"}]}}""", "$.metadata.ownerReferences[1].controller")]
    [InlineData("""{"metadata":{"name":"w","ownerReferences":["x"]}}""", "$.metadata.ownerReferences[0]")]
    [InlineData("""{"metadata":{"name":"w"},"spec":{"size":"many"}}""", "$.spec.size")]
    public void A_wrong_type_is_an_error_that_says_where(string json, string path)
    {
        var decoded = new ObjectDecoder<Widget>(WidgetJson.Resource, keepManagedFields: false).Decode(Encoding.UTF8.GetBytes(json));

        Assert.Null(decoded.Object);
        Assert.IsType<JsonException>(decoded.Error, exactMatch: false);
        Assert.Equal(path, decoded.Key is null ? $"$.metadata.{((MetadataException)decoded.Error).Place}" : decoded.Invalid!.JsonPath);
    }

    [Fact]
    public void Equal_short_strings_of_different_objects_are_one()
    {
        var first = Decode("""{"metadata":{"name":"a","namespace":"team-of-strings","labels":{"kind-of-label":"a-value"} } }""");
        var second = Decode("""{"metadata":{"name":"b","namespace":"team-of-strings","labels":{"kind-of-label":"a-value"} } }""");

        Assert.Same(first.Metadata.NamespaceProperty, second.Metadata.NamespaceProperty);
        Assert.Same(first.Metadata.Labels.Single().Key, second.Metadata.Labels.Single().Key);
        Assert.Same(first.Metadata.Labels.Single().Value, second.Metadata.Labels.Single().Value);
    }

    [Fact]
    public void Equal_quantities_of_different_objects_are_one_and_all_are_what_the_client_reads()
    {
        const string Pod =
            """
            {"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","resources":{"limits":{"cpu":"500m","memory":"1\u0047i","gpu":2,"none":null},
            "requests":{"cpu":"500m","memory":"0.5"} } }]} }
            """;
        var contract = k8s.SourceGenerationContext.Default.V1Pod;
        var decoder = new ObjectDecoder<V1Pod>(new KubeResource<V1Pod>(contract), keepManagedFields: false);
        var (first, second) = (ResourcesIn(decoder), ResourcesIn(decoder));
        var theirs = JsonSerializer.Deserialize(Pod, contract)!.Spec.Containers[0].Resources;

        Assert.Same(first.Limits["cpu"], second.Limits["cpu"]);
        Assert.Same(first.Limits["cpu"], first.Requests["cpu"]);
        Assert.Equal(theirs.Limits, first.Limits);
        Assert.Equal(theirs.Requests, first.Requests);
        var wrong = decoder.Decode(Encoding.UTF8.GetBytes(Pod.Replace("0.5", "half", StringComparison.Ordinal)));
        Assert.NotNull(wrong.Error);

        static V1ResourceRequirements ResourcesIn(ObjectDecoder<V1Pod> decoder) =>
            decoder.Decode(Encoding.UTF8.GetBytes(Pod)).Object!.Spec.Containers[0].Resources;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(40)]
    public void Labels_are_all_there_in_any_number_and_order(int count)
    {
        var expected = Enumerable.Range(0, count).ToDictionary(i => $"key-{count - i}", i => $"value-{i}");
        var pairs = string.Join(',', expected.Select(pair => $"\"{pair.Key}\":\"{pair.Value}\""));

        var labels = Decode($$$"""{"metadata":{"name":"a","labels":{{{{pairs}}}} } }""").Metadata.Labels;

        Assert.Equal(expected, new Dictionary<string, string>(labels));
        Assert.Equal(count, labels.Count);
        Assert.All(expected, pair => Assert.Equal(pair.Value, labels[pair.Key]));
        Assert.False(labels.ContainsKey("key-0"));
    }

    [Fact]
    public void Of_a_label_that_comes_twice_the_last_value_counts()
    {
        var labels = Decode("""{"metadata":{"name":"a","labels":{"b":"1","a":"2","b":"3"} } }""").Metadata.Labels;
        Assert.Equal(("3", "2", 2), (labels["b"], labels["a"], labels.Count));
    }

    [Fact]
    public void Labels_of_a_cached_object_cannot_be_changed()
    {
        var labels = Decode("""{"metadata":{"name":"a","labels":{"b":"1"} } }""").Metadata.Labels;
        Assert.Contains("cached object", Assert.Throws<NotSupportedException>(() => labels["b"] = "2").Message, StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => labels.Add("c", "2"));
        Assert.Throws<NotSupportedException>(() => labels.Remove("b"));
        Assert.Throws<NotSupportedException>(labels.Clear);
    }

    private static Widget Decode(string json, bool keepManagedFields = false)
    {
        var decoded = new ObjectDecoder<Widget>(WidgetJson.Resource, keepManagedFields).Decode(Encoding.UTF8.GetBytes(json));
        Assert.Null(decoded.Error);
        return decoded.Object!;
    }
}
