using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Patching;
using Microsoft.Extensions.Logging;

namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>
/// Lets pods become ready, as if a scheduler had found them a node and a kubelet ran them there: those of one ReplicaSet one after the other. A pod
/// with an image whose name contains <c>fail</c> never becomes ready: its images cannot be pulled.
/// </summary>
/// <remarks>Only pods whose phase is <c>Pending</c> are touched: one that a client has given another phase is left to the client.</remarks>
/// <param name="access">The server's objects.</param>
/// <param name="time">The clock.</param>
/// <param name="readyInterval">From one pod of a ReplicaSet becoming ready to the next.</param>
/// <param name="logger">Where failures go.</param>
internal sealed class PodController(IObjectAccess access, TimeProvider time, TimeSpan readyInterval, ILogger<PodController> logger)
    : BuiltInController<ObjectId>(access, time, logger)
{
    private const string NodeName = "crmonitor";
    private const string NodeAddress = "10.0.0.1";

    // All of the reconciling loop alone.
    private readonly Dictionary<ObjectId, Turn> _turns = []; // of pods that are neither ready nor gone
    private readonly Dictionary<string, DateTimeOffset> _lastTurns = []; // by the owner's uid, while the turn of its last pod is to come
    private int _addresses;

    private sealed record Turn(string Uid, DateTimeOffset Time);

    protected override IReadOnlyCollection<string>? ObservedKinds { get; } = ["pods"];

    protected override void Observe(ObjectChange change) => Keys.Add(new ObjectId(change.Namespace, change.Name));

    protected override async ValueTask ReconcileAsync(ObjectId key, CancellationToken cancellationToken)
    {
        if (Access.FindKind("", "v1", "Pod") is not { } resource || Access.Get(resource, key.Namespace, key.Name) is not { } pod)
        {
            _turns.Remove(key);
            return;
        }

        if (pod["metadata"].Get("deletionTimestamp") is not null || pod["status"].Get("phase").Text() != "Pending")
        {
            _turns.Remove(key);
            return;
        }

        if (pod["spec"].Get("nodeName").Text() is null or "")
        {
            pod["spec"]!["nodeName"] = NodeName;
            pod = await Access.UpdateAsync(resource, pod, subresource: null, "kube-scheduler", cancellationToken);
        }

        // Its turn is decided before a write shows that the pod was seen.
        var now = Time.GetUtcNow();
        var turn = TurnOf(key, pod, now);
        if (turn > now)
        {
            Keys.AddAt(key, turn);
        }

        var status = turn > now ? Starting(pod, now) : Fails(pod) ? Failing(pod, now) : Running(pod, now);
        if (!JsonNode.DeepEquals(status, pod["status"]))
        {
            pod["status"] = status;
            await Access.UpdateAsync(resource, pod, "status", "kubelet", cancellationToken);
        }
    }

    private DateTimeOffset TurnOf(ObjectId key, JsonObject pod, DateTimeOffset now)
    {
        var uid = pod["metadata"].Get("uid").Text()!;
        var owner = OwnerOf(pod);
        var last = _lastTurns.GetValueOrDefault(owner);
        if (_turns.TryGetValue(key, out var turn) && turn.Uid == uid)
        {
            if (last <= now)
            {
                _lastTurns.Remove(owner);
            }

            return turn.Time;
        }

        turn = new Turn(uid, (last > now ? last : now) + readyInterval);
        _turns[key] = turn;
        _lastTurns[owner] = turn.Time;
        return turn.Time;
    }

    private static string OwnerOf(JsonObject pod) =>
        pod["metadata"].Get("ownerReferences").Elements().FirstOrDefault(static owner => owner.Get("controller").IsTrue()).Get("uid").Text()
        ?? pod["metadata"].Get("uid").Text()!;

    private static IReadOnlyList<JsonNode?> Containers(JsonObject pod) => pod["spec"].Get("containers").Elements();

    private static bool Fails(JsonNode? container) => container.Get("image").Text()?.Contains("fail", StringComparison.Ordinal) == true;

    private static bool Fails(JsonObject pod) => Containers(pod).Any(Fails);

    private static JsonObject Starting(JsonObject pod, DateTimeOffset now) => Waiting(pod, now, static container => Fails(container)
        ? ("ErrImagePull", $"failed to pull image \"{container.Get("image").Text()}\": its name contains \"fail\"")
        : ("ContainerCreating", null));

    private static JsonObject Failing(JsonObject pod, DateTimeOffset now) => Waiting(pod, now, static container => Fails(container)
        ? ("ImagePullBackOff", $"Back-off pulling image \"{container.Get("image").Text()}\"")
        : ("ContainerCreating", null));

    private static JsonObject Waiting(JsonObject pod, DateTimeOffset now, Func<JsonNode?, (string Reason, string? Message)> describe)
    {
        var status = Base(pod, now, isReady: false);
        status["containerStatuses"] = new JsonArray([.. Containers(pod).Select(container =>
        {
            var (reason, message) = describe(container);
            var waiting = new JsonObject { ["reason"] = reason };
            if (message is not null)
            {
                waiting["message"] = message;
            }

            return (JsonNode)new JsonObject
            {
                ["name"] = container.Get("name")?.DeepClone(),
                ["state"] = new JsonObject { ["waiting"] = waiting },
                ["lastState"] = new JsonObject(),
                ["ready"] = false,
                ["restartCount"] = 0,
                ["image"] = container.Get("image")?.DeepClone(),
                ["imageID"] = "",
                ["started"] = false,
            };
        })]);
        return status;
    }

    private JsonObject Running(JsonObject pod, DateTimeOffset now)
    {
        var status = Base(pod, now, isReady: true);
        var address = ++_addresses;
        var ip = FormattableString.Invariant($"10.{1 + (address >> 16) % 254}.{address >> 8 & 255}.{address & 255}");
        status["podIP"] = ip;
        status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = ip });
        var uid = pod["metadata"].Get("uid").Text()!.Replace("-", "", StringComparison.Ordinal);
        status["containerStatuses"] = new JsonArray([.. Containers(pod).Select((container, i) => (JsonNode)new JsonObject
        {
            ["name"] = container.Get("name")?.DeepClone(),
            ["state"] = new JsonObject { ["running"] = new JsonObject { ["startedAt"] = ManagedFieldsEntry.Format(now) } },
            ["lastState"] = new JsonObject(),
            ["ready"] = true,
            ["restartCount"] = 0,
            ["image"] = container.Get("image")?.DeepClone(),
            ["imageID"] = container.Get("image")?.DeepClone(),
            ["containerID"] = FormattableString.Invariant($"containerd://{uid}{i:x32}"),
            ["started"] = true,
        })]);
        return status;
    }

    private static JsonObject Base(JsonObject pod, DateTimeOffset now, bool isReady)
    {
        var former = pod["status"] as JsonObject ?? [];
        var status = (JsonObject)former.DeepClone();
        status["phase"] = isReady ? "Running" : "Pending";
        status["startTime"] ??= ManagedFieldsEntry.Format(now);
        status["hostIP"] = NodeAddress;
        status["hostIPs"] = new JsonArray(new JsonObject { ["ip"] = NodeAddress });
        status["observedGeneration"] = pod["metadata"].Get("generation")?.DeepClone();

        var notReady =
            $"containers with unready status: [{string.Join(' ', Containers(pod).Select(static container => container.Get("name").Text()))}]";
        var conditions = new JsonArray(
            Condition("PodReadyToStartContainers", true),
            Condition("Initialized", true),
            Condition("Ready", isReady),
            Condition("ContainersReady", isReady),
            Condition("PodScheduled", true));

        // Those that others have set, such as readiness gates, stay.
        foreach (var other in former["conditions"].Elements().Where(
            other => conditions.All(own => own.Get("type").Text() != other.Get("type").Text())))
        {
            conditions.Add(other?.DeepClone());
        }

        status["conditions"] = conditions;
        return status;

        JsonNode Condition(string type, bool holds)
        {
            var before = former["conditions"].Elements().FirstOrDefault(condition => condition.Get("type").Text() == type);
            var text = holds ? "True" : "False";
            var condition = new JsonObject
            {
                ["type"] = type,
                ["status"] = text,
                ["lastProbeTime"] = null,
                ["lastTransitionTime"] = before.Get("status").Text() == text
                    ? before.Get("lastTransitionTime")?.DeepClone()
                    : ManagedFieldsEntry.Format(now),
            };
            if (!holds)
            {
                condition["reason"] = "ContainersNotReady";
                condition["message"] = notReady;
            }

            return condition;
        }
    }
}
