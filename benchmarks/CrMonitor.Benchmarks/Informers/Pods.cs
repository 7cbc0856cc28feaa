using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>
/// Makes the JSON of pods as a cluster has them: of Deployments of one to thirty, with two containers, environment, probes and volumes, a status, and
/// managed fields. The same seed gives the same pods.
/// </summary>
internal sealed class Pods
{
    private const int Namespaces = 60;
    private const int Nodes = 200;
    private const int Teams = 25;
    private const int MaxReplicas = 30;

    private static readonly string[] Tiers = ["frontend", "backend", "cache", "batch"];
    private static readonly string[] Modes = ["debug", "info", "warn"];
    private static readonly DateTime FirstDay = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    // Quotes as \", and nothing else escaped that need not be.
    private static readonly JsonWriterOptions AsServersWrite = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Random _random;
    private Deployment _owner;
    private int _left;      // pods of this owner that are still to be made
    private int _deployments;
    private long _resourceVersion = 1_000_000_000;

    private Pods(int seed) => _random = new Random(seed);

    /// <summary>The body of a LIST.</summary>
    public static byte[] List(int count, int seed)
    {
        var pods = new Pods(seed);
        using var stream = new MemoryStream();
        stream.Write("""{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"2000000000"},"items":["""u8);
        for (var i = 0; i < count; i++)
        {
            stream.Write(i == 0 ? ""u8 : ","u8);
            using var writer = new Utf8JsonWriter(stream, AsServersWrite);
            pods.Next().WriteTo(writer);
        }

        stream.Write("]}"u8);
        return stream.ToArray();
    }

    // As the items of a list come: without apiVersion and kind.
    private JsonObject Next()
    {
        if (_left-- == 0)
        {
            _left = _random.Next(MaxReplicas);
            _owner = NewDeployment();
        }

        var created = FirstDay.AddSeconds(_random.Next(20_000_000));
        var name = $"{_owner.ReplicaSet}-{Letters(5)}";
        var token = $"kube-api-access-{Letters(5)}";
        return new JsonObject
        {
            ["metadata"] = Metadata(name, created),
            ["spec"] = Spec(token),
            ["status"] = Status(created),
        };
    }

    private Deployment NewDeployment()
    {
        var number = _deployments++;
        var app = string.Create(CultureInfo.InvariantCulture, $"{Tiers[_random.Next(Tiers.Length)]}-service-{number}");
        var team = string.Create(CultureInfo.InvariantCulture, $"team-{_random.Next(Teams)}");
        var hash = Letters(10);
        return new Deployment(
            app,
            team,
            string.Create(CultureInfo.InvariantCulture, $"{team}-{_random.Next(Namespaces)}"),
            hash,
            $"{app}-{hash}",
            Uid(),
            string.Create(CultureInfo.InvariantCulture, $"registry.example.com/{team}/{app}:v1.{_random.Next(40)}.{_random.Next(10)}"),
            Hex(64),
            Hex(64),
            4 + _random.Next(8));
    }

    private JsonObject Metadata(string name, DateTime created) => new()
    {
        ["name"] = name,
        ["generateName"] = $"{_owner.ReplicaSet}-",
        ["namespace"] = _owner.Namespace,
        ["uid"] = Uid(),
        ["resourceVersion"] = (_resourceVersion += _random.Next(1, 500)).ToString(CultureInfo.InvariantCulture),
        ["creationTimestamp"] = Time(created),
        ["labels"] = Labels(),
        ["annotations"] = new JsonObject
        {
            ["checksum/config"] = _owner.ConfigSum,
            ["kubectl.kubernetes.io/restartedAt"] = Time(FirstDay),
            ["prometheus.io/path"] = "/metrics",
            ["prometheus.io/port"] = "9090",
            ["prometheus.io/scrape"] = "true",
        },
        ["ownerReferences"] = new JsonArray(new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "ReplicaSet",
            ["name"] = _owner.ReplicaSet,
            ["uid"] = _owner.Uid,
            ["controller"] = true,
            ["blockOwnerDeletion"] = true,
        }),
        ["managedFields"] = ManagedFields(created),
    };

    private JsonObject Labels() => new()
    {
        ["app.kubernetes.io/instance"] = _owner.App,
        ["app.kubernetes.io/managed-by"] = "Helm",
        ["app.kubernetes.io/name"] = _owner.App,
        ["pod-template-hash"] = _owner.Hash,
        ["team"] = _owner.Team,
    };

    private JsonObject Spec(string token) => new()
    {
        ["volumes"] = new JsonArray(
            new JsonObject { ["name"] = "config", ["configMap"] = new JsonObject { ["name"] = $"{_owner.App}-config", ["defaultMode"] = 420 } },
            new JsonObject { ["name"] = "tls", ["secret"] = new JsonObject { ["secretName"] = $"{_owner.App}-tls", ["defaultMode"] = 420 } },
            new JsonObject { ["name"] = "scratch", ["emptyDir"] = new JsonObject { ["sizeLimit"] = "1Gi" } },
            new JsonObject { ["name"] = token, ["projected"] = Projected() }),
        ["containers"] = new JsonArray(
            Container("app", _owner.Image, Environment(_owner.Variables), "500m", "512Mi", token),
            Container("proxy", "registry.example.com/mesh/proxy:1.24.3", Environment(3), "100m", "128Mi", token)),
        ["restartPolicy"] = "Always",
        ["terminationGracePeriodSeconds"] = 30,
        ["dnsPolicy"] = "ClusterFirst",
        ["serviceAccountName"] = _owner.App,
        ["serviceAccount"] = _owner.App,
        ["nodeName"] = Node(),
        ["securityContext"] = new JsonObject { ["runAsNonRoot"] = true, ["fsGroup"] = 1000 },
        ["affinity"] = new JsonObject
        {
            ["podAntiAffinity"] = new JsonObject
            {
                ["preferredDuringSchedulingIgnoredDuringExecution"] = new JsonArray(new JsonObject
                {
                    ["weight"] = 100,
                    ["podAffinityTerm"] = new JsonObject
                    {
                        ["labelSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app.kubernetes.io/name"] = _owner.App } },
                        ["topologyKey"] = "kubernetes.io/hostname",
                    },
                }),
            },
        },
        ["schedulerName"] = "default-scheduler",
        ["tolerations"] = new JsonArray(Toleration("node.kubernetes.io/not-ready"), Toleration("node.kubernetes.io/unreachable")),
        ["priority"] = 0,
        ["enableServiceLinks"] = true,
        ["preemptionPolicy"] = "PreemptLowerPriority",
    };

    private JsonObject Container(string name, string image, JsonArray environment, string cpu, string memory, string token) => new()
    {
        ["name"] = name,
        ["image"] = image,
        ["args"] = new JsonArray("--config=/etc/config/config.yaml", $"--log-level={Modes[_owner.Variables % Modes.Length]}"),
        ["ports"] = new JsonArray(
            new JsonObject { ["name"] = "http", ["containerPort"] = 8080, ["protocol"] = "TCP" },
            new JsonObject { ["name"] = "metrics", ["containerPort"] = 9090, ["protocol"] = "TCP" }),
        ["env"] = environment,
        ["resources"] = Resources(cpu, memory),
        ["volumeMounts"] = new JsonArray(
            new JsonObject { ["name"] = "config", ["readOnly"] = true, ["mountPath"] = "/etc/config" },
            new JsonObject { ["name"] = "tls", ["readOnly"] = true, ["mountPath"] = "/etc/tls" },
            new JsonObject { ["name"] = token, ["readOnly"] = true, ["mountPath"] = "/var/run/secrets/kubernetes.io/serviceaccount" }),
        ["livenessProbe"] = Probe("/live", 10),
        ["readinessProbe"] = Probe("/ready", 5),
        ["terminationMessagePath"] = "/dev/termination-log",
        ["terminationMessagePolicy"] = "File",
        ["imagePullPolicy"] = "IfNotPresent",
        ["securityContext"] = new JsonObject { ["allowPrivilegeEscalation"] = false, ["readOnlyRootFilesystem"] = true },
    };

    private JsonArray Environment(int count)
    {
        var variables = new JsonArray(
            new JsonObject { ["name"] = "POD_NAME", ["valueFrom"] = new JsonObject { ["fieldRef"] = FieldRef("metadata.name") } },
            new JsonObject
            {
                ["name"] = "PASSWORD",
                ["valueFrom"] = new JsonObject { ["secretKeyRef"] = new JsonObject { ["name"] = $"{_owner.App}-db", ["key"] = "password" } },
            });
        for (var i = 0; i < count; i++)
        {
            variables.Add((JsonNode)new JsonObject
            {
                ["name"] = string.Create(CultureInfo.InvariantCulture, $"{_owner.Team.ToUpperInvariant()}_SETTING_{i}"),
                ["value"] = string.Create(CultureInfo.InvariantCulture, $"http://{_owner.App}.{_owner.Namespace}.svc:80{i}"),
            });
        }

        return variables;
    }

    private JsonObject Status(DateTime created)
    {
        var started = created.AddSeconds(_random.Next(5, 60));
        var address = string.Create(CultureInfo.InvariantCulture, $"10.{_random.Next(256)}.{_random.Next(256)}.{_random.Next(256)}");
        var host = string.Create(CultureInfo.InvariantCulture, $"192.168.{_random.Next(4)}.{_random.Next(256)}");
        return new JsonObject
        {
            ["phase"] = "Running",
            ["conditions"] = new JsonArray(
                Condition("PodReadyToStartContainers", started),
                Condition("Initialized", created),
                Condition("Ready", started),
                Condition("ContainersReady", started),
                Condition("PodScheduled", created)),
            ["hostIP"] = host,
            ["hostIPs"] = new JsonArray(new JsonObject { ["ip"] = host }),
            ["podIP"] = address,
            ["podIPs"] = new JsonArray(new JsonObject { ["ip"] = address }),
            ["startTime"] = Time(created),
            ["containerStatuses"] = new JsonArray(
                ContainerStatus("app", _owner.Image, _owner.ImageSum, started, "500m", "512Mi"),
                ContainerStatus("proxy", "registry.example.com/mesh/proxy:1.24.3", new string('a', 64), started, "100m", "128Mi")),
            ["qosClass"] = "Burstable",
        };
    }

    private JsonObject ContainerStatus(string name, string image, string sum, DateTime started, string cpu, string memory) => new()
    {
        ["name"] = name,
        ["state"] = new JsonObject { ["running"] = new JsonObject { ["startedAt"] = Time(started) } },
        ["lastState"] = new JsonObject(),
        ["ready"] = true,
        ["restartCount"] = _random.Next(4),
        ["image"] = image,
        ["imageID"] = $"{image[..image.LastIndexOf(':')]}@sha256:{sum}",
        ["containerID"] = $"containerd://{Hex(64)}",
        ["started"] = true,
        ["allocatedResources"] = new JsonObject { ["cpu"] = cpu, ["memory"] = memory },
        ["resources"] = Resources(cpu, memory),
    };

    private static JsonArray ManagedFields(DateTime created) => new(
        new JsonObject
        {
            ["manager"] = "kube-controller-manager",
            ["operation"] = "Update",
            ["apiVersion"] = "v1",
            ["time"] = Time(created),
            ["fieldsType"] = "FieldsV1",
            ["fieldsV1"] = Owned(
                "f:metadata/f:annotations/f:checksum/f:config", "f:metadata/f:annotations/f:prometheus.io", "f:metadata/f:generateName",
                "f:metadata/f:labels/f:app.kubernetes.io", "f:metadata/f:labels/f:pod-template-hash", "f:metadata/f:labels/f:team",
                "f:metadata/f:ownerReferences/k:{\"uid\":\"owner\"}", "f:spec/f:affinity/f:podAntiAffinity", "f:spec/f:dnsPolicy",
                "f:spec/f:containers/k:{\"name\":\"app\"}/f:args",
                "f:spec/f:containers/k:{\"name\":\"app\"}/f:env/k:{\"name\":\"POD_NAME\"}/f:valueFrom/f:fieldRef",
                "f:spec/f:containers/k:{\"name\":\"app\"}/f:env/k:{\"name\":\"PASSWORD\"}/f:valueFrom/f:secretKeyRef",
                "f:spec/f:containers/k:{\"name\":\"app\"}/f:image", "f:spec/f:containers/k:{\"name\":\"app\"}/f:livenessProbe/f:httpGet/f:path",
                "f:spec/f:containers/k:{\"name\":\"app\"}/f:ports/k:{\"containerPort\":8080,\"protocol\":\"TCP\"}/f:name",
                "f:spec/f:containers/k:{\"name\":\"app\"}/f:readinessProbe/f:httpGet/f:path",
                "f:spec/f:containers/k:{\"name\":\"app\"}/f:resources/f:limits/f:cpu",
                "f:spec/f:containers/k:{\"name\":\"app\"}/f:volumeMounts/k:{\"mountPath\":\"/etc/config\"}/f:name",
                "f:spec/f:containers/k:{\"name\":\"proxy\"}/f:args", "f:spec/f:containers/k:{\"name\":\"proxy\"}/f:image",
                "f:spec/f:containers/k:{\"name\":\"proxy\"}/f:resources/f:limits/f:memory", "f:spec/f:restartPolicy", "f:spec/f:schedulerName",
                "f:spec/f:securityContext/f:fsGroup", "f:spec/f:serviceAccountName", "f:spec/f:tolerations",
                "f:spec/f:volumes/k:{\"name\":\"config\"}/f:configMap"),
        },
        new JsonObject
        {
            ["manager"] = "kubelet",
            ["operation"] = "Update",
            ["apiVersion"] = "v1",
            ["time"] = Time(created),
            ["fieldsType"] = "FieldsV1",
            ["fieldsV1"] = Owned(
                "f:status/f:conditions/k:{\"type\":\"ContainersReady\"}/f:lastTransitionTime",
                "f:status/f:conditions/k:{\"type\":\"ContainersReady\"}/f:status",
                "f:status/f:conditions/k:{\"type\":\"Initialized\"}/f:status", "f:status/f:conditions/k:{\"type\":\"Ready\"}/f:lastTransitionTime",
                "f:status/f:conditions/k:{\"type\":\"Ready\"}/f:status", "f:status/f:containerStatuses", "f:status/f:hostIP", "f:status/f:hostIPs",
                "f:status/f:phase", "f:status/f:podIP", "f:status/f:podIPs/k:{\"ip\":\"address\"}/f:ip", "f:status/f:startTime"),
            ["subresource"] = "status",
        });

    // A tree of the paths, as managedFields hold them.
    private static JsonObject Owned(params ReadOnlySpan<string> paths)
    {
        var root = new JsonObject();
        foreach (var path in paths)
        {
            var node = root;
            foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                node = (JsonObject)(node[part] ??= new JsonObject());
            }
        }

        return root;
    }

    private static JsonObject Projected() => new()
    {
        ["sources"] = new JsonArray(
            new JsonObject { ["serviceAccountToken"] = new JsonObject { ["expirationSeconds"] = 3607, ["path"] = "token" } },
            new JsonObject
            {
                ["configMap"] = new JsonObject
                {
                    ["name"] = "kube-root-ca.crt",
                    ["items"] = new JsonArray(new JsonObject { ["key"] = "ca.crt", ["path"] = "ca.crt" }),
                },
            },
            new JsonObject
            {
                ["downwardAPI"] = new JsonObject
                {
                    ["items"] = new JsonArray(new JsonObject { ["path"] = "namespace", ["fieldRef"] = FieldRef("metadata.namespace") }),
                },
            }),
        ["defaultMode"] = 420,
    };

    private static JsonObject FieldRef(string path) => new() { ["apiVersion"] = "v1", ["fieldPath"] = path };

    private static JsonObject Resources(string cpu, string memory) => new()
    {
        ["limits"] = new JsonObject { ["cpu"] = cpu, ["memory"] = memory },
        ["requests"] = new JsonObject { ["cpu"] = cpu, ["memory"] = memory },
    };

    private static JsonObject Probe(string path, int period) => new()
    {
        ["httpGet"] = new JsonObject { ["path"] = path, ["port"] = "http", ["scheme"] = "HTTP" },
        ["initialDelaySeconds"] = 5,
        ["timeoutSeconds"] = 1,
        ["periodSeconds"] = period,
        ["successThreshold"] = 1,
        ["failureThreshold"] = 3,
    };

    private static JsonObject Toleration(string key) => new()
    {
        ["key"] = key,
        ["operator"] = "Exists",
        ["effect"] = "NoExecute",
        ["tolerationSeconds"] = 300,
    };

    private static JsonObject Condition(string type, DateTime since) => new()
    {
        ["type"] = type,
        ["status"] = "True",
        ["lastProbeTime"] = null,
        ["lastTransitionTime"] = Time(since),
    };

    private static string Time(DateTime time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private string Node() => string.Create(CultureInfo.InvariantCulture, $"node-{_random.Next(Nodes)}.eu-west.example.com");

    private string Uid() => $"{Hex(8)}-{Hex(4)}-4{Hex(3)}-a{Hex(3)}-{Hex(12)}";

    private string Hex(int length) => _random.GetHexString(length, lowercase: true);

    private string Letters(int length) => _random.GetString("bcdfghjklmnpqrstvwxz2456789", length);

    /// <param name="App">Its name.</param>
    /// <param name="Team">Whose it is.</param>
    /// <param name="Namespace">Where it runs.</param>
    /// <param name="Hash">That of the pods' template.</param>
    /// <param name="ReplicaSet">The name of the pods' owner.</param>
    /// <param name="Uid">The uid of the pods' owner.</param>
    /// <param name="Image">What runs.</param>
    /// <param name="ImageSum">The digest of that.</param>
    /// <param name="ConfigSum">The digest of its configuration.</param>
    /// <param name="Variables">How many variables a pod has.</param>
    private readonly record struct Deployment(
        string App,
        string Team,
        string Namespace,
        string Hash,
        string ReplicaSet,
        string Uid,
        string Image,
        string ImageSum,
        string ConfigSum,
        int Variables);
}
