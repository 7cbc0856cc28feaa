using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.ApiServer.Tests;

public sealed class KindsRegistryTests
{
    private readonly ResourceRegistry _registry = new(new FakeTimeProvider());

    [Fact]
    public void A_definition_makes_its_resource_served_until_it_is_removed()
    {
        var changes = new List<(long, long)>();
        _registry.Changed += (before, after) => changes.Add((before.Generation, after.Generation));

        var thing = TestKinds.Apply(_registry, TestKinds.ThingDefinition);
        Assert.Same(thing, _registry.FindKind("schemaprobe.example.com", "v1", "Thing"));
        Assert.Equal("things.schemaprobe.example.com", thing.StorageKey);
        Assert.True(thing.HasStatus);
        Assert.Equal(".spec.replicas", thing.Scale!.SpecReplicasPath);

        _registry.Remove("things.schemaprobe.example.com");
        Assert.Null(_registry.Find("schemaprobe.example.com", "v1", "things"));
        Assert.Equal([(1, 2), (2, 3)], changes);
    }

    [Fact]
    public void A_snapshot_does_not_change()
    {
        var before = _registry.Current;

        TestKinds.Apply(_registry, TestKinds.ThingDefinition);

        Assert.Null(before.Find("schemaprobe.example.com", "v1", "things"));
    }

    [Fact]
    public void Removing_what_is_not_there_changes_nothing()
    {
        var before = _registry.Current;
        _registry.Changed += (_, _) => Assert.Fail("nothing changed");

        _registry.Remove("nothings.example.com");

        Assert.Same(before, _registry.Current);
    }

    [Fact]
    public void The_versions_of_a_definition_share_their_storage_and_stand_in_order_of_preference()
    {
        var crd = JsonNode.Parse(TestKinds.ThingDefinition)!.AsObject();
        var versions = crd["spec"]!["versions"]!.AsArray();
        foreach (var name in new[] { "v1beta1", "v2", "v1alpha1" })
        {
            var version = versions[0]!.DeepClone();
            (version["name"], version["storage"]) = (name, false);
            versions.Add(version);
        }

        var v1 = TestKinds.Apply(_registry, crd.ToJsonString());

        Assert.Equal(["v2", "v1", "v1beta1", "v1alpha1"], _registry.All.Where(d => d.Plural == "things").Select(d => d.Version));
        var v2 = _registry.Find("schemaprobe.example.com", "v2", "things")!;
        Assert.Equal((v1.StorageKey, "schemaprobe.example.com/v1"), (v2.StorageKey, v2.StorageApiVersion));
        var obj = new JsonObject { ["apiVersion"] = "schemaprobe.example.com/v2" };
        v2.Strategy.ConvertToStorage(obj, v2);
        Assert.Equal("schemaprobe.example.com/v1", (string?)obj["apiVersion"]);
        v2.Strategy.ConvertFromStorage(obj, v2);
        Assert.Equal("schemaprobe.example.com/v2", (string?)obj["apiVersion"]);
    }

    [Fact]
    public void A_count_of_the_scale_subresource_must_be_one()
    {
        var thing = TestKinds.Apply(_registry, TestKinds.ThingDefinition);

        var errors = Admission.Validate(thing, JsonNode.Parse("""{"spec": {"replicas": "3"}}""")!.AsObject(), old: null);

        Assert.Equal(
            [
                """FieldValueTypeInvalid|spec.replicas|Invalid value: "string": spec.replicas in body must be of type integer: "string" """.TrimEnd(),
                "FieldValueInvalid|.spec.replicas|Invalid value: 0: .spec.replicas accessor error: 3 is of the type string, expected int64",
            ],
            errors.Select(e => $"{e.Reason}|{e.Field}|{e.Message}"));
    }

    [Fact]
    public void A_selectable_field_is_read_as_text()
    {
        var crd = JsonNode.Parse(TestKinds.ThingDefinition)!.AsObject();
        crd["spec"]!["versions"]![0]!["selectableFields"] = JsonNode.Parse("""[{"jsonPath": ".spec.image"}, {"jsonPath": ".spec.replicas"}]""");
        var thing = TestKinds.Apply(_registry, crd.ToJsonString());
        var obj = JsonNode.Parse("""{"metadata": {"name": "t1"}, "spec": {"image": "i", "replicas": 3}}""")!.AsObject();

        Assert.Equal("i", thing.FindSelectableField("spec.image")!.Read(obj));
        Assert.Equal("3", thing.FindSelectableField("spec.replicas")!.Read(obj));
        Assert.Equal("t1", thing.FindSelectableField("metadata.name")!.Read(obj));
        Assert.Equal("", thing.FindSelectableField("metadata.namespace")!.Read(obj));
        Assert.Null(thing.FindSelectableField("spec.num"));
    }
}
