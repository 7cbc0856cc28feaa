using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Patching;
using static CrMonitor.ApiServer.Tests.TrackedThing;

namespace CrMonitor.ApiServer.Tests;

/// <summary>The expected field sets are those of a Kubernetes 1.36 API server for the same writes.</summary>
public sealed class ManagedFieldsTests
{
    private readonly TrackedThing _thing = new();

    [Fact]
    public void A_create_owns_every_field_and_every_container_of_fields()
    {
        _thing.Create("creator", Thing(
            """
            "spec":{"replicas":1,"labels":{"a":"1"},"tags":["x","y"],"args":["q"],"containers":[{"name":"c","image":"i"}],"ports":[{"port":80,"protocol":"TCP"}],
            "atom":{"a":"1"},"any":{"k":{"l":[1,{"m":2}]}},"free":{"f":1},"count":5,"nested":{}}
            """,
            """
            "labels":{"l":"1"},"finalizers":["x/y"],"ownerReferences":[{"apiVersion":"v1","kind":"X","name":"n","uid":"u1"}],
            "uid":"1","resourceVersion":"1","generation":1,"creationTimestamp":"2026-11-22T16:00:00Z","namespace":"default"
            """));

        AssertJson(
            """
            {"f:metadata":{"f:finalizers":{".":{},"v:\"x/y\"":{}},"f:labels":{".":{},"f:l":{}},"f:ownerReferences":{".":{},"k:{\"uid\":\"u1\"}":{}}},
            "f:spec":{".":{},"f:any":{".":{},"f:k":{".":{},"f:l":{}}},"f:args":{},"f:atom":{},"f:containers":{".":{},"k:{\"name\":\"c\"}":{".":{},"f:image":{},"f:name":{}}},
            "f:count":{},"f:free":{".":{},"f:f":{}},"f:labels":{".":{},"f:a":{}},"f:nested":{},
            "f:ports":{".":{},"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{},"f:protocol":{}}},"f:replicas":{},"f:tags":{".":{},"v:\"x\"":{},"v:\"y\"":{}}}}
            """,
            _thing.Fields("creator", "Update"));
    }

    [Fact]
    public void An_entry_names_version_type_manager_operation_and_time()
    {
        _thing.Create("creator", Thing("\"spec\":{\"replicas\":1}"));

        AssertJson(
            """
            [{"apiVersion":"example.com/v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{".":{},"f:replicas":{}}},"manager":"creator","operation":"Update","time":"2026-11-22T16:00:00Z"}]
            """,
            _thing.Entries.ToJsonString());
    }

    [Fact]
    public void An_update_takes_what_it_changes_from_the_former_owner()
    {
        _thing.Create("creator", Thing("\"spec\":{\"replicas\":1,\"image\":\"i\"}"));

        _thing.Merge("other", """{"spec":{"replicas":2,"labels":{"a":"1"}}}""");

        Assert.Equal("""{"f:spec":{".":{},"f:image":{}}}""", _thing.Fields("creator", "Update"));
        Assert.Equal("""{"f:spec":{"f:labels":{".":{},"f:a":{}},"f:replicas":{}}}""", _thing.Fields("other", "Update"));
    }

    [Fact]
    public void A_removed_field_is_owned_by_nobody()
    {
        _thing.Create("creator", Thing("\"spec\":{\"replicas\":1,\"image\":\"i\"}"));

        _thing.Merge("other", """{"spec":{"image":null}}""");

        Assert.Equal("""{"f:spec":{".":{},"f:replicas":{}}}""", _thing.Fields("creator", "Update"));
        Assert.Equal("", _thing.Fields("other", "Update"));
    }

    [Fact]
    public void An_update_adds_to_what_its_manager_owned_before_and_renews_the_time()
    {
        _thing.Create("creator", Thing("\"spec\":{\"replicas\":1}"));
        _thing.Now += TimeSpan.FromMinutes(1);

        _thing.Merge("creator", """{"spec":{"image":"i"}}""");

        Assert.Equal("""{"f:spec":{".":{},"f:image":{},"f:replicas":{}}}""", _thing.Fields("creator", "Update"));
        Assert.Equal("2026-11-22T16:01:00Z", _thing.Time("creator", "Update"));
    }

    [Fact]
    public void A_write_that_changes_nothing_changes_no_time()
    {
        _thing.Create("creator", Thing("\"spec\":{\"replicas\":1}"));
        var before = _thing.Live!.DeepClone();
        _thing.Now += TimeSpan.FromMinutes(1);

        _thing.Merge("creator", """{"spec":{"replicas":1}}""");
        _thing.Merge("other", """{"spec":{"replicas":1}}""");

        AssertJson(before.ToJsonString(), _thing.Live!.ToJsonString());
    }

    [Fact]
    public void A_time_that_alone_differs_is_put_back()
    {
        _thing.Create("creator", Thing("\"spec\":{\"replicas\":1}"));
        var updated = (JsonObject)_thing.Live!.DeepClone();
        updated["metadata"]!["managedFields"]![0]!["time"] = "2027-01-01T00:00:00Z";

        ManagedFields.KeepTimesIfUnchanged(_thing.Live, updated);

        AssertJson(_thing.Live.ToJsonString(), updated.ToJsonString());
    }

    [Fact]
    public void A_time_stays_when_something_else_differs_too()
    {
        _thing.Create("creator", Thing("\"spec\":{\"replicas\":1}"));
        var updated = (JsonObject)_thing.Live!.DeepClone();
        updated["metadata"]!["managedFields"]![0]!["time"] = "2027-01-01T00:00:00Z";
        updated["spec"]!["replicas"] = 2;

        ManagedFields.KeepTimesIfUnchanged(_thing.Live, updated);

        Assert.Equal("2027-01-01T00:00:00Z", (string?)updated["metadata"]!["managedFields"]![0]!["time"]);
    }

    [Fact]
    public void A_write_of_the_object_never_owns_status_and_a_write_of_the_status_owns_nothing_else()
    {
        _thing.Create("creator", Thing("\"spec\":{\"replicas\":1},\"status\":{\"phase\":\"P\"}"));

        _thing.Merge("controller", """{"metadata":{"labels":{"zz":"1"}},"spec":{"replicas":9},"status":{"n":3}}""", subresource: "status");

        Assert.Equal("""{"f:spec":{".":{},"f:replicas":{}}}""", _thing.Fields("creator", "Update"));
        Assert.Equal("""{"f:status":{"f:n":{}}}""", _thing.Fields("controller", "Update", "status"));
    }

    [Fact]
    public void Appliers_come_first_then_the_order_is_that_of_time_and_name()
    {
        _thing.Create("z", Thing("\"spec\":{\"replicas\":1}"));
        _thing.Now += TimeSpan.FromSeconds(1);
        _thing.Merge("y", """{"spec":{"image":"i"}}""");
        _thing.Merge("x", """{"spec":{"paused":true}}""");
        _thing.Apply("w", Thing("\"spec\":{\"args\":[\"1\"]}"));

        Assert.Equal(["w", "z", "x", "y"], _thing.Entries.Select(entry => (string?)entry!["manager"]));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("[{}]")]
    public void An_empty_list_or_entry_sent_by_the_client_ends_the_tracking_until_somebody_applies(string sent)
    {
        _thing.Create("creator", Thing("\"spec\":{\"replicas\":1}"));
        _thing.Merge("creator", $$$"""{"metadata":{"managedFields":{{{sent}}}}}""");
        Assert.Empty(_thing.Entries);

        _thing.Merge("creator", """{"spec":{"image":"i"}}""");
        Assert.Empty(_thing.Entries);

        _thing.Apply("applier", Thing("\"spec\":{\"image\":\"i\"}"));
        Assert.Equal("""{"f:spec":{".":{},"f:image":{},"f:replicas":{}}}""", _thing.Fields("before-first-apply", "Update"));
        Assert.Equal("""{"f:spec":{"f:image":{}}}""", _thing.Fields("applier", "Apply"));
    }

    [Fact]
    public void An_empty_list_says_nothing_of_a_custom_resource()
    {
        _thing.Create("creator", Thing("\"spec\":{\"replicas\":1}"));
        var updated = MergePatch.Apply(_thing.Live!, Parse("""{"metadata":{"managedFields":[]},"spec":{"image":"i"}}"""));

        ManagedFields.Update(_thing.Live, updated, _thing.By("other") with { IsCustomResource = true });

        Assert.Equal(["creator", "other"], updated["metadata"]!["managedFields"]!.AsArray().Select(entry => (string?)entry!["manager"]));
    }

    [Theory]
    [InlineData("""[{"manager":"m","operation":"Nonsense"}]""")]
    [InlineData("""[{"manager":"m","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"nonsense":{}}}]""")]
    public void Managed_fields_that_cannot_be_read_are_replaced_by_those_of_the_live_object(string sent)
    {
        _thing.Create("creator", Thing("\"spec\":{\"replicas\":1}"));

        _thing.Merge("creator", $$$"""{"metadata":{"managedFields":{{{sent}}}},"spec":{"image":"i"}}""");

        Assert.Equal("""{"f:spec":{".":{},"f:image":{},"f:replicas":{}}}""", _thing.Fields("creator", "Update"));
    }

    [Fact]
    public void A_client_may_edit_managed_fields()
    {
        _thing.Create("creator", Thing("\"spec\":{\"replicas\":1}"));
        var edited = _thing.Entries.DeepClone();
        edited[0]!["manager"] = "renamed";

        _thing.Merge("creator", $$$"""{"metadata":{"managedFields":{{{edited.ToJsonString()}}}}}""");

        Assert.Equal("""{"f:spec":{".":{},"f:replicas":{}}}""", _thing.Fields("renamed", "Update"));
        Assert.Single(_thing.Entries);
    }

    [Fact]
    public void A_write_of_a_subresource_cannot_edit_managed_fields()
    {
        _thing.Create("creator", Thing("\"spec\":{\"replicas\":1}"));

        _thing.Merge("controller", """{"metadata":{"managedFields":[]},"status":{"n":3}}""", subresource: "status");

        Assert.Equal(2, _thing.Entries.Count);
    }

    [Fact]
    public void Of_more_than_ten_managers_of_updates_the_oldest_are_merged()
    {
        _thing.Create("creator", Thing("\"spec\":{\"labels\":{}}"));
        for (var i = 1; i <= 12; i++)
        {
            _thing.Now += TimeSpan.FromSeconds(1);
            _thing.Merge($"m{i:00}", $$$$"""{"spec":{"labels":{"l{{{{i:00}}}}":"1"}}}""");
        }

        Assert.Equal(
            ["ancient-changes", "m04", "m05", "m06", "m07", "m08", "m09", "m10", "m11", "m12"],
            _thing.Entries.Select(entry => (string?)entry!["manager"]));
        Assert.Equal("""{"f:spec":{".":{},"f:labels":{".":{},"f:l01":{},"f:l02":{},"f:l03":{}}}}""", _thing.Fields("ancient-changes", "Update"));
    }

    [Fact]
    public void A_field_of_any_type_that_changes_its_form_is_changed_and_what_was_below_it_is_gone()
    {
        _thing.Create("creator", Thing("\"spec\":{\"any\":{\"a\":{\"b\":1}}}"));

        _thing.Merge("other", """{"spec":{"any":"text"}}""");

        Assert.Equal("""{"f:spec":{}}""", _thing.Fields("creator", "Update"));
        Assert.Equal("""{"f:spec":{"f:any":{}}}""", _thing.Fields("other", "Update"));
    }

    [Fact]
    public void Managers_of_a_version_that_is_served_no_more_are_forgotten()
    {
        _thing.Create("creator", Thing("\"spec\":{\"replicas\":1}"));
        _thing.Entries[0]!["apiVersion"] = "example.com/v1alpha1";
        var updated = MergePatch.Apply(_thing.Live!, Parse("""{"spec":{"image":"i"}}"""));

        ManagedFields.Update(_thing.Live, updated, _thing.By("other") with { FindSchema = version => version == ApiVersion ? ThingSchema : null });

        Assert.Equal("other", Assert.Single(updated["metadata"]!["managedFields"]!.AsArray())!["manager"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("me", "kubectl/v1.32", "me")]
    [InlineData(null, "kubectl/v1.32 (linux/amd64)", "kubectl")]
    [InlineData("", "Mozilla", "Mozilla")]
    [InlineData(null, null, "unknown")]
    [InlineData(null, "a\tb/1", "ab")]
    public void The_manager_is_the_field_manager_of_the_request_or_the_first_part_of_the_user_agent(string? fieldManager, string? userAgent, string expected) =>
        Assert.Equal(expected, ManagedFields.ManagerName(fieldManager, userAgent));

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"f:a":{}}""")]
    [InlineData("""{"f:a":{".":{},"f:b":{},"k:{\"n\":80,\"p\":\"TCP\"}":{},"v:1":{},"v:\"x\"":{},"v:true":{},"i:3":{"f:c":{}}}}""")]
    public void Field_sets_are_written_as_they_are_read(string json) => AssertJson(json, FieldSet.Parse(Parse(json)).ToJson().ToJsonString());

    private static void AssertJson(string expected, string actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), $"Expected: {expected}\nActual:   {actual}");
}
