using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Patching;
using static CrMonitor.ApiServer.Tests.TrackedThing;

namespace CrMonitor.ApiServer.Tests;

/// <summary>The expected objects and texts are those of a Kubernetes 1.36 API server for the same requests.</summary>
public sealed class ApplyTests
{
    private readonly TrackedThing _thing = new();

    [Fact]
    public void An_apply_creates_the_object_and_owns_the_leaves_that_it_states()
    {
        _thing.Apply("a", Thing(
            "\"spec\":{\"image\":\"q\",\"nested\":{\"x\":{\"y\":\"1\"}},\"tags\":[\"b\",\"a\"],\"ports\":[{\"port\":80},{\"port\":443,\"protocol\":\"UDP\"}]},\"status\":{\"phase\":\"x\"}",
            "\"labels\":{\"l\":\"1\"}"));

        Assert.Equal(
            """{"f:metadata":{"f:labels":{"f:l":{}}},"f:spec":{"f:image":{},"f:nested":{"f:x":{"f:y":{}}},"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{}},"k:{\"port\":443,\"protocol\":\"UDP\"}":{".":{},"f:port":{},"f:protocol":{}}},"f:tags":{"v:\"a\"":{},"v:\"b\"":{}}}}""",
            _thing.Fields("a", "Apply"));
        Assert.Equal("2026-11-22T16:00:00Z", _thing.Time("a", "Apply"));
        Assert.Equal("""["b","a"]""", _thing.Live!["spec"]!["tags"]!.ToJsonString());
    }

    [Fact]
    public void An_apply_that_states_nothing_owns_nothing()
    {
        _thing.Apply("a", Thing());

        Assert.Empty(_thing.Entries);
    }

    [Fact]
    public void A_field_of_another_manager_with_another_value_is_a_conflict()
    {
        _thing.Create("kubectl", Thing("\"spec\":{\"replicas\":1}"));

        var conflict = Conflict("a", Thing("\"spec\":{\"replicas\":2,\"image\":\"z\"}"));

        Assert.Equal(409, conflict.Code);
        Assert.Equal("Conflict", conflict.Reason);
        Assert.Equal("Apply failed with 1 conflict: conflict with \"kubectl\" using example.com/v1: .spec.replicas", conflict.Message);
        Assert.Equal(
            """{"causes":[{"reason":"FieldManagerConflict","message":"conflict with \u0022kubectl\u0022 using example.com/v1","field":".spec.replicas"}]}""",
            conflict.Details!.ToJsonString());
        Assert.Equal("""{"replicas":1}""", _thing.Live!["spec"]!.ToJsonString());
    }

    [Fact]
    public void Several_conflicts_are_listed_by_manager_and_path()
    {
        _thing.Create(
            "creator",
            Thing("\"spec\":{\"replicas\":1,\"labels\":{\"a\":\"1\"},\"ports\":[{\"port\":80,\"protocol\":\"TCP\"}],\"atom\":{\"a\":\"1\"}}"));

        var conflict = Conflict(
            "a",
            Thing("\"spec\":{\"replicas\":2,\"labels\":{\"a\":\"2\",\"b\":\"2\"},\"ports\":[{\"port\":80,\"name\":\"n\"}],\"atom\":{\"a\":\"2\"}}"));

        Assert.Equal(
            "Apply failed with 3 conflicts: conflicts with \"creator\" using example.com/v1:\n- .spec.atom\n- .spec.replicas\n- .spec.labels.a",
            conflict.Message);
    }

    [Fact]
    public void An_applier_is_named_without_its_version_and_each_manager_once()
    {
        _thing.Create("creator", Thing("\"spec\":{\"args\":[\"q\"]}"));
        _thing.Apply("a", Thing("\"spec\":{\"replicas\":2}"));
        _thing.Apply("b", Thing("\"spec\":{\"replicas\":2}"));

        var conflict = Conflict("c", Thing("\"spec\":{\"replicas\":7,\"args\":[\"1\"]}"));

        Assert.Equal(
            "Apply failed with 3 conflicts: conflicts with \"a\":\n- .spec.replicas\nconflicts with \"b\":\n- .spec.replicas\nconflicts with \"creator\" using example.com/v1:\n- .spec.args",
            conflict.Message);
    }

    [Fact]
    public void A_conflict_with_a_status_writer_names_the_subresource_and_the_item()
    {
        _thing.Create("creator", Thing());
        _thing.Apply("a", Thing("\"status\":{\"phase\":\"P\",\"conditions\":[{\"type\":\"R\",\"status\":\"True\"}]}"), subresource: "status");
        _thing.Merge("st", """{"status":{"n":3}}""", subresource: "status");

        var applier = Conflict("s", Thing("\"status\":{\"conditions\":[{\"type\":\"R\",\"status\":\"False\"}]}"), "status");
        var updater = Conflict("s", Thing("\"status\":{\"n\":9}"), "status");

        Assert.Equal(
            "Apply failed with 1 conflict: conflict with \"a\" with subresource \"status\": .status.conditions[type=\"R\"].status", applier.Message);
        Assert.Equal(
            "Apply failed with 1 conflict: conflict with \"st\" with subresource \"status\" using example.com/v1: .status.n", updater.Message);
    }

    [Fact]
    public void Force_takes_the_fields_over()
    {
        _thing.Create(
            "creator",
            Thing("\"spec\":{\"replicas\":1,\"labels\":{\"a\":\"1\"},\"tags\":[\"x\",\"y\"],\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}"));

        _thing.Apply(
            "a",
            Thing("\"spec\":{\"replicas\":2,\"labels\":{\"a\":\"2\",\"b\":\"2\"},\"tags\":[\"y\",\"z\"],\"containers\":[{\"name\":\"d\",\"image\":\"i\"}]}"),
            force: true);

        AssertSpec(
            """{"replicas":2,"labels":{"a":"2","b":"2"},"tags":["x","y","z"],"containers":[{"name":"c","image":"i"},{"name":"d","image":"i"}]}""");
        Assert.Equal(
            """{"f:spec":{"f:containers":{"k:{\"name\":\"d\"}":{".":{},"f:image":{},"f:name":{}}},"f:labels":{"f:a":{},"f:b":{}},"f:replicas":{},"f:tags":{"v:\"y\"":{},"v:\"z\"":{}}}}""",
            _thing.Fields("a", "Apply"));
        Assert.Equal(
            """{"f:spec":{".":{},"f:containers":{".":{},"k:{\"name\":\"c\"}":{".":{},"f:image":{},"f:name":{}}},"f:labels":{},"f:tags":{".":{},"v:\"x\"":{},"v:\"y\"":{}}}}""",
            _thing.Fields("creator", "Update"));
    }

    [Fact]
    public void The_same_value_is_shared_without_conflict_and_without_a_time_for_the_newcomer()
    {
        _thing.Apply("a", Thing("\"spec\":{\"replicas\":2}"));

        _thing.Apply("b", Thing("\"spec\":{\"replicas\":2}"));

        Assert.Equal("""{"f:spec":{"f:replicas":{}}}""", _thing.Fields("a", "Apply"));
        Assert.Equal("""{"f:spec":{"f:replicas":{}}}""", _thing.Fields("b", "Apply"));
        Assert.Null(_thing.Time("b", "Apply"));
    }

    [Fact]
    public void An_apply_that_changes_nothing_leaves_the_object_as_it_is()
    {
        _thing.Apply("a", Thing("\"spec\":{\"replicas\":2,\"ports\":[{\"port\":80}],\"tags\":[\"a\"]}", "\"labels\":{\"l\":\"1\"}"));
        var before = _thing.Live!.ToJsonString();
        _thing.Now += TimeSpan.FromHours(1);

        _thing.Apply("a", Thing("\"spec\":{\"replicas\":2,\"ports\":[{\"port\":80}],\"tags\":[\"a\"]}", "\"labels\":{\"l\":\"1\"}"));

        Assert.Equal(before, _thing.Live!.ToJsonString());
    }

    [Fact]
    public void What_the_manager_applies_no_more_goes_unless_somebody_else_owns_it()
    {
        _thing.Apply("a", Thing(
            "\"spec\":{\"image\":\"q\",\"nested\":{\"x\":{\"y\":\"1\"}},\"tags\":[\"b\",\"a\"],\"ports\":[{\"port\":80},{\"port\":443,\"protocol\":\"UDP\"}]}",
            "\"labels\":{\"l\":\"1\"}"));
        _thing.Apply("b", Thing("\"spec\":{\"nested\":{\"x\":{\"z\":\"1\"}}}"));

        _thing.Apply("a", Thing("\"spec\":{\"image\":\"q\",\"tags\":[\"a\"]}"));

        AssertSpec("""{"image":"q","nested":{"x":{"z":"1"}},"tags":["a"]}""");
        Assert.False(_thing.Live!["metadata"]!.AsObject().ContainsKey("labels"));
        Assert.Equal("""{"f:spec":{"f:image":{},"f:tags":{"v:\"a\"":{}}}}""", _thing.Fields("a", "Apply"));
        Assert.Equal("""{"f:spec":{"f:nested":{"f:x":{"f:z":{}}}}}""", _thing.Fields("b", "Apply"));
    }

    [Fact]
    public void A_field_that_an_updater_changed_meanwhile_stays_when_its_former_applier_drops_it()
    {
        _thing.Apply("a", Thing("\"spec\":{\"image\":\"q\",\"replicas\":1}"));
        _thing.Merge("scaler", """{"spec":{"replicas":5}}""");

        _thing.Apply("a", Thing("\"spec\":{\"image\":\"q\"}"));

        AssertSpec("""{"image":"q","replicas":5}""");
    }

    [Fact]
    public void An_item_goes_with_the_fields_in_it_that_nobody_owns()
    {
        _thing.Apply("a", Thing("\"spec\":{\"containers\":[{\"name\":\"c\"},{\"name\":\"d\"}]}"));
        var defaulted = _thing.Live!;
        defaulted["spec"]!["containers"]![0]!["image"] = "default";

        _thing.Apply("a", Thing("\"spec\":{\"containers\":[{\"name\":\"d\"}]}"));

        AssertSpec("""{"containers":[{"name":"d"}]}""");
    }

    [Fact]
    public void An_item_stays_for_the_fields_in_it_that_another_owns()
    {
        _thing.Apply("a", Thing("\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}"));
        _thing.Apply("b", Thing("\"spec\":{\"containers\":[{\"name\":\"c\",\"env\":{\"k\":\"v\"}}]}"));

        _thing.Apply("a", Thing("\"spec\":{\"containers\":[]}"));

        AssertSpec("""{"containers":[{"name":"c","env":{"k":"v"}}]}""");
    }

    [Fact]
    public void The_order_of_a_list_is_that_of_the_applier_around_the_items_of_others()
    {
        _thing.Create("creator", Thing("\"spec\":{\"tags\":[\"a\",\"b\",\"c\"]}"));

        _thing.Apply("a", Thing("\"spec\":{\"tags\":[\"c\",\"a\"]}"));
        Assert.Equal("""["b","c","a"]""", _thing.Live!["spec"]!["tags"]!.ToJsonString());

        _thing.Apply("b", Thing("\"spec\":{\"tags\":[\"n\",\"c\"]}"));
        Assert.Equal("""["b","n","c","a"]""", _thing.Live!["spec"]!["tags"]!.ToJsonString());
    }

    [Fact]
    public void Atomic_maps_and_lists_are_replaced_as_a_whole()
    {
        _thing.Apply("a", Thing("\"spec\":{\"atom\":{\"a\":\"1\",\"b\":\"1\"},\"args\":[\"1\",\"2\"],\"any\":{\"l\":[1,2],\"m\":1}}"));

        _thing.Apply("a", Thing("\"spec\":{\"atom\":{\"b\":\"2\"},\"args\":[\"3\"],\"any\":{\"l\":[3],\"n\":1}}"));

        AssertSpec("""{"atom":{"b":"2"},"args":["3"],"any":{"l":[3],"n":1}}""");
    }

    [Fact]
    public void Finalizers_and_owners_merge_by_item()
    {
        _thing.Create(
            "creator",
            Thing("", "\"finalizers\":[\"a/a\"],\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"X\",\"name\":\"n\",\"uid\":\"1\"}]"));

        _thing.Apply(
            "a", Thing("", "\"finalizers\":[\"b/b\"],\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Y\",\"name\":\"m\",\"uid\":\"2\"}]"));

        var metadata = _thing.Live!["metadata"]!;
        Assert.Equal("""["a/a","b/b"]""", metadata["finalizers"]!.ToJsonString());
        Assert.Equal(["1", "2"], metadata["ownerReferences"]!.AsArray().Select(owner => (string?)owner!["uid"]));
        Assert.Equal(
            """{"f:metadata":{"f:finalizers":{"v:\"b/b\"":{}},"f:ownerReferences":{"k:{\"uid\":\"2\"}":{}}}}""", _thing.Fields("a", "Apply"));
    }

    [Fact]
    public void A_map_whose_last_field_goes_while_another_owns_the_map_becomes_null()
    {
        _thing.Create("creator", Thing("\"spec\":{\"labels\":{\"a\":\"1\"}}"));
        _thing.Apply("a", Thing("\"spec\":{\"labels\":{\"a\":\"2\"}}"), force: true);

        var result = _thing.Apply("a", Thing("\"spec\":{}"));

        Assert.True(result["spec"]!.AsObject().TryGetPropertyValue("labels", out var labels));
        Assert.Null(labels);
    }

    [Fact]
    public void The_live_object_and_the_body_are_not_touched()
    {
        _thing.Create("creator", Thing("\"spec\":{\"tags\":[\"a\"],\"labels\":{\"a\":\"1\"}}"));
        var live = _thing.Live!.ToJsonString();
        var applied = Thing("\"spec\":{\"tags\":[\"b\"],\"labels\":{\"b\":\"1\"},\"nested\":{\"x\":{}}}");
        var body = applied.ToJsonString();

        ServerSideApply.Apply(_thing.Live, applied, _thing.By("a"));

        Assert.Equal(live, _thing.Live!.ToJsonString());
        Assert.Equal(body, applied.ToJsonString());
    }

    [Theory]
    [InlineData("""{"bogus":1}""", ".spec.bogus: field not declared in schema")]
    [InlineData("""{"replicas":"x"}""", ".spec.replicas: expected numeric (int or float), got string")]
    [InlineData("""{"image":5}""", ".spec.image: expected string, got &value.valueUnstructured{Value:5}")]
    [InlineData(
        """{"paused":1,"tags":"y","labels":"x"}""",
        "errors:\n  .spec.labels: expected map, got &{x}\n  .spec.paused: expected boolean, got &{1}\n  .spec.tags: expected list, got &{y}")]
    [InlineData(
        """{"containers":[{"name":"a"},{"name":"a"}],"ports":[{"port":1},{"port":1,"protocol":"TCP"}],"tags":["a","a"]}""",
        "errors:\n  .spec.containers: duplicate entries for key [name=\"a\"]\n  .spec.ports: duplicate entries for key [port=1,protocol=\"TCP\"]\n  .spec.tags: duplicate entries for key [=\"a\"]")]
    [InlineData(
        """{"containers":[{"image":"a"}]}""",
        ".spec.containers: element 0: associative list with keys has an element that omits all key fields [\"name\"] (and doesn't have default values for any key fields)")]
    public void A_body_that_does_not_fit_the_schema_is_refused(string spec, string problem)
    {
        var exception = Assert.Throws<ApiException>(() => _thing.Apply("a", Thing($"\"spec\":{spec}")));

        Assert.Equal(500, exception.Code);
        Assert.Equal("", exception.Reason);
        Assert.Equal($"failed to create typed patch object (/web; example.com/v1, Kind=Thing): {problem}", exception.Message);
    }

    [Theory]
    [InlineData("""{"apiVersion":"example.com/v2","kind":"Thing","metadata":{"name":"web"}}""", "invalid object type: example.com/v2, Kind=Thing")]
    [InlineData("""{"apiVersion":"example.com/v1","kind":"Foo","metadata":{"name":"web"}}""", "invalid object type: example.com/v1, Kind=Foo")]
    [InlineData("""{"apiVersion":"v1","kind":"Foo","metadata":{"name":"web"}}""", "invalid object type: /v1, Kind=Foo")]
    [InlineData("""{"metadata":{"name":"web"}}""", "invalid object type: /, Kind=")]
    [InlineData(
        """{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"web","managedFields":[]}}""", "metadata.managedFields must be nil")]
    public void A_body_of_another_type_or_with_managed_fields_is_refused(string body, string message)
    {
        var exception = Assert.Throws<ApiException>(() => _thing.Apply("a", Parse(body)));

        Assert.Equal(400, exception.Code);
        Assert.Equal("BadRequest", exception.Reason);
        Assert.Equal(message, exception.Message);
    }

    [Fact]
    public void Kubectl_takes_over_what_its_client_side_apply_set_and_keeps_the_annotation_current()
    {
        var lastApplied = """{\"apiVersion\":\"example.com/v1\",\"kind\":\"Thing\",\"metadata\":{\"name\":\"web\"},\"spec\":{\"replicas\":1}}""";
        _thing.Create("kubectl-client-side-apply", Thing(
            "\"spec\":{\"replicas\":1,\"image\":\"i\"}",
            $"\"annotations\":{{\"kubectl.kubernetes.io/last-applied-configuration\":\"{lastApplied}\"}}"));

        _thing.Apply("kubectl", Thing("\"spec\":{\"replicas\":2}"));

        AssertSpec("""{"replicas":2,"image":"i"}""");
        Assert.Equal(
            """{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"web"},"spec":{"replicas":2}}""" + "\n",
            (string?)_thing.Live!["metadata"]!["annotations"]!["kubectl.kubernetes.io/last-applied-configuration"]);
        var conflict = Conflict("kubectl", Thing("\"spec\":{\"image\":\"j\"}"));
        Assert.Equal("Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" using example.com/v1: .spec.image", conflict.Message);
    }

    private ApiException Conflict(string manager, JsonObject applied, string? subresource = null) =>
        Assert.Throws<ApiException>(() => _thing.Apply(manager, applied, subresource: subresource));

    private void AssertSpec(string expected) =>
        Assert.True(
            JsonNode.DeepEquals(JsonNode.Parse(expected), _thing.Live!["spec"]),
            $"Expected: {expected}\nActual:   {_thing.Live!["spec"]!.ToJsonString()}");
}
