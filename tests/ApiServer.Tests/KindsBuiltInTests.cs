using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.ApiServer.Tests;

public sealed class KindsBuiltInTests
{
    private readonly ResourceRegistry _registry = new(new FakeTimeProvider());

    [Fact]
    public void A_deployment_gets_the_defaults_of_kubernetes()
    {
        var obj = Json("""
            {
              "metadata": {"name": "web"},
              "spec": {
                "selector": {"matchLabels": {"app": "web"}},
                "template": {
                  "metadata": {"labels": {"app": "web"}},
                  "spec": {"containers": [{"name": "c", "image": "nginx:1.27", "ports": [{"containerPort": 80}], "readinessProbe": {"httpGet": {"port": 80}}}, {"name": "d", "image": "nginx"}]}
                }
              }
            }
            """);

        Assert.Empty(Admission.Normalize(Deployment, obj));

        Assert.Empty(Admission.Validate(Deployment, obj, old: null));
        AssertJson(
            """
            {
              "replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
              "selector": {"matchLabels": {"app": "web"}},
              "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
              "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {
                  "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst", "securityContext": {}, "schedulerName": "default-scheduler",
                  "containers": [
                    {
                      "name": "c", "image": "nginx:1.27", "ports": [{"containerPort": 80, "protocol": "TCP"}], "resources": {},
                      "readinessProbe": {"httpGet": {"path": "/", "port": 80, "scheme": "HTTP"}, "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3},
                      "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", "imagePullPolicy": "IfNotPresent"
                    },
                    {
                      "name": "d", "image": "nginx", "resources": {},
                      "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", "imagePullPolicy": "Always"
                    }
                  ]
                }
              }
            }
            """,
            obj["spec"]);
    }

    [Theory]
    [InlineData("nginx", "Always")]
    [InlineData("nginx:latest", "Always")]
    [InlineData("registry:5000/nginx", "Always")]
    [InlineData("registry:5000/nginx:1", "IfNotPresent")]
    [InlineData("nginx@sha256:abc", "IfNotPresent")]
    public void The_pull_policy_follows_the_tag(string image, string expected)
    {
        var obj = WithContainers($$"""[{"name": "c", "image": "{{image}}"}]""");

        Admission.Normalize(Deployment, obj);

        Assert.Equal(expected, (string?)obj["spec"]!["template"]!["spec"]!["containers"]![0]!["imagePullPolicy"]);
    }

    [Theory]
    [InlineData("""{"spec": {"replicas": -1}}""", "spec.replicas: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData(
        """{"spec": {"selector": {"matchLabels": {"app": "other"}}}}""",
        """spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`""")]
    [InlineData("""{"spec": {"selector": {"matchLabels": null}}}""", "spec.selector: Invalid value: {}: empty selector is invalid for deployment")]
    [InlineData("""{"spec": {"selector": null}}""", "spec.selector: Required value")]
    [InlineData("""{"spec": {"template": {"spec": {"containers": []}}}}""", "spec.template.spec.containers: Required value")]
    [InlineData("""{"spec": {"template": {"spec": {"containers": null}}}}""", "spec.template.spec.containers: Required value")]
    [InlineData("""{"spec": {"template": {"spec": {"containers": [{"name": "c"}]}}}}""", "spec.template.spec.containers[0].image: Required value")]
    [InlineData(
        """{"spec": {"template": {"spec": {"containers": [{"name": "", "image": "i"}]}}}}""",
        "spec.template.spec.containers[0].name: Required value")]
    [InlineData("""{"spec": {"template": {"spec": {"containers": [{"image": "i"}]}}}}""", "spec.template.spec.containers[0].name: Required value")]
    [InlineData(
        """{"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 70000}]}]}}}}""",
        "spec.template.spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive")]
    [InlineData(
        """{"spec": {"template": {"spec": {"restartPolicy": "Never"}}}}""",
        """spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always" """)]
    [InlineData(
        """{"spec": {"strategy": {"type": "Foo"}}}""",
        """spec.strategy.type: Unsupported value: "Foo": supported values: "Recreate", "RollingUpdate" """)]
    public void A_wrong_deployment_is_told_by_its_field(string change, string expected)
    {
        var obj = WithContainers("""[{"name": "c", "image": "i"}]""");
        Merge(obj, Json(change));
        Admission.Normalize(Deployment, obj);

        Assert.Equal([expected.Trim()], Admission.Validate(Deployment, obj, old: null).Select(e => $"{e.Field}: {e.Message}"));
    }

    [Fact]
    public void The_selector_of_a_deployment_cannot_change()
    {
        var old = WithContainers("""[{"name": "c", "image": "i"}]""");
        Admission.Normalize(Deployment, old);
        var obj = old.DeepClone().AsObject();
        obj["spec"]!["selector"]!["matchLabels"]!["tier"] = "a";
        obj["spec"]!["template"]!["metadata"]!["labels"]!["tier"] = "a";

        Assert.Equal(
            ["""spec.selector: Invalid value: {"matchLabels":{"app":"web","tier":"a"}}: field is immutable"""],
            Admission.Validate(Deployment, obj, old).Select(e => $"{e.Field}: {e.Message}"));
    }

    [Fact]
    public void A_field_that_a_deployment_does_not_have_is_unknown()
    {
        var obj = WithContainers("""[{"name": "c", "image": "i"}]""");
        obj["spec"]!["replica"] = 1;

        Assert.Equal(["spec.replica"], Admission.Normalize(Deployment, obj));
    }

    [Theory]
    [InlineData("5")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("""{"template": 5, "selector": [], "strategy": "x"}""")]
    [InlineData("""{"template": {"spec": {"containers": {"a": 1}}}, "selector": {"matchLabels": []}}""")]
    public void A_deployment_of_the_wrong_form_is_refused_without_failing(string spec)
    {
        var obj = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "web" }, ["spec"] = JsonNode.Parse(spec) };

        Admission.Normalize(Deployment, obj);

        Assert.NotEmpty(Admission.Validate(Deployment, obj, old: null));
    }

    [Fact]
    public void A_namespace_is_active_and_carries_its_name_and_finalizer()
    {
        var kind = Find("", "v1", "namespaces");
        var obj = Json("""{"metadata": {"name": "team"}}""");

        Admission.Normalize(kind, obj);
        kind.Strategy.Prepare(obj, old: null);

        AssertJson(
            """{"metadata": {"name": "team", "labels": {"kubernetes.io/metadata.name": "team"}}, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}""",
            obj);
    }

    [Fact]
    public void The_plain_text_of_a_secret_becomes_data()
    {
        var kind = Find("", "v1", "secrets");
        var obj = Json("""{"metadata": {"name": "s"}, "stringData": {"user": "admin"}, "data": {"x": "eA=="}}""");

        Admission.Normalize(kind, obj);

        AssertJson("""{"metadata": {"name": "s"}, "data": {"x": "eA==", "user": "YWRtaW4="}, "type": "Opaque"}""", obj);
    }

    [Theory]
    [InlineData("""{"spec": {"leaseDurationSeconds": 0}}""", "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0")]
    [InlineData("""{"spec": {"leaseTransitions": -1}}""", "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0")]
    public void A_lease_has_lower_bounds(string lease, string expected) =>
        Assert.Equal(
            [expected],
            Admission.Validate(Find("coordination.k8s.io", "v1", "leases"), Json(lease), old: null).Select(e => $"{e.Field}: {e.Message}"));

    [Fact]
    public void Both_forms_of_an_event_are_one_stored_object()
    {
        var (core, events) = (Find("", "v1", "events"), Find("events.k8s.io", "v1", "events"));
        var obj = Json("""
            {
              "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "e", "namespace": "default"},
              "eventTime": "2026-11-22T16:24:32.000000Z", "reportingController": "c", "reportingInstance": "c-1", "action": "Scale", "reason": "Scaled", "type": "Normal",
              "regarding": {"kind": "Application", "name": "web", "namespace": "default"}, "note": "hello"
            }
            """);
        Admission.Normalize(events, obj);
        Assert.Empty(Admission.Validate(events, obj, old: null));

        Assert.Equal(core.StorageKey, events.StorageKey);
        events.Strategy.ConvertToStorage(obj, events);
        Assert.Equal("v1", (string?)obj["apiVersion"]);
        Assert.Equal("web hello c", $"{obj["involvedObject"]!["name"]} {obj["message"]} {obj["reportingComponent"]}");
        Assert.Equal("web", core.FindSelectableField("involvedObject.name")!.Read(obj));
        Assert.Equal("web", events.FindSelectableField("regarding.name")!.Read(obj));
        Assert.Null(core.FindSelectableField("regarding.name"));

        events.Strategy.ConvertFromStorage(obj, events);
        Assert.Equal("events.k8s.io/v1 web hello c", $"{obj["apiVersion"]} {obj["regarding"]!["name"]} {obj["note"]} {obj["reportingController"]}");
        Assert.DoesNotContain("involvedObject", obj.Select(p => p.Key));
    }

    [Fact]
    public void Lists_of_built_in_kinds_know_their_keys()
    {
        var podSpec = Deployment.Schema.Properties["spec"].Properties["template"].Properties["spec"];
        var container = podSpec.Properties["containers"].Items!;

        Assert.Equal(("map", "name"), (podSpec.Properties["containers"].ListType, podSpec.Properties["containers"].PatchMergeKey));
        Assert.Equal(["containerPort", "protocol"], container.Properties["ports"].ListMapKeys);
        Assert.Equal("containerPort", container.Properties["ports"].PatchMergeKey);
        Assert.Equal(["name"], container.Properties["env"].ListMapKeys);
        Assert.Equal(["type"], Deployment.Schema.Properties["status"].Properties["conditions"].ListMapKeys);
        Assert.Equal(["uid"], Deployment.Schema.Properties["metadata"].Properties["ownerReferences"].ListMapKeys);
        Assert.Equal(("set", ""), (Deployment.Schema.Properties["metadata"].Properties["finalizers"].ListType, Deployment.Schema.Properties["metadata"].Properties["finalizers"].PatchMergeKey));
    }

    private ResourceDefinition Deployment => Find("apps", "v1", "deployments");

    private ResourceDefinition Find(string group, string version, string plural) => _registry.Find(group, version, plural)!;

    private static JsonObject WithContainers(string containers) => Json($$"""
        {
          "metadata": {"name": "web"},
          "spec": {
            "selector": {"matchLabels": {"app": "web"} },
            "template": {"metadata": {"labels": {"app": "web"} }, "spec": {"containers": {{containers}} } }
          }
        }
        """);

    private static void Merge(JsonObject target, JsonObject change)
    {
        foreach (var (name, value) in change)
        {
            if (value is JsonObject nested && target[name] is JsonObject existing)
            {
                Merge(existing, nested);
            }
            else if (value is null)
            {
                target.Remove(name);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }

    private static void AssertJson(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), actual?.ToJsonString());

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();
}
