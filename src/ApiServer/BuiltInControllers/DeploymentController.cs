using System.Globalization;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Kinds;
using Microsoft.Extensions.Logging;

namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>
/// Rolls Deployments out: a ReplicaSet for each template, scaled within the limits of the strategy; former ones are kept for a rollback, as many as
/// the Deployment asks for.
/// </summary>
internal sealed class DeploymentController(IObjectAccess access, TimeProvider time, ILogger<DeploymentController> logger)
    : BuiltInController<ObjectId>(access, time, logger)
{
    private const string Deployments = "deployments.apps";
    private const string ReplicaSets = "replicasets.apps";
    private const string HistoryAnnotation = "deployment.kubernetes.io/revision-history";

    // What a ReplicaSet does not take over from the annotations of its Deployment.
    private static readonly HashSet<string> OwnAnnotations =
    [
        "kubectl.kubernetes.io/last-applied-configuration", ReplicaSetState.RevisionAnnotation, HistoryAnnotation, ReplicaSetState.DesiredAnnotation,
        ReplicaSetState.MaximumAnnotation,
    ];

    private readonly OwnedObjects<string> _owned = new(static change => change.Name);

    protected override IReadOnlyCollection<string>? ObservedKinds { get; } = [Deployments, ReplicaSets];

    protected override void Observe(ObjectChange change)
    {
        if (change.Resource.StorageKey == Deployments)
        {
            Keys.Add(new ObjectId(change.Namespace, change.Name));
            return;
        }

        foreach (var owner in _owned.Observe(change))
        {
            Keys.Add(new ObjectId(change.Namespace, owner.Name));
        }
    }

    protected override async ValueTask ReconcileAsync(ObjectId key, CancellationToken cancellationToken)
    {
        if (Access.FindKind("apps", "v1", "Deployment") is not { } resource
            || Access.FindKind("apps", "v1", "ReplicaSet") is not { } replicaSets
            || Access.Get(resource, key.Namespace, key.Name) is not { } deployment)
        {
            return;
        }

        await new Rollout(this, resource, replicaSets, deployment).RunAsync(key, cancellationToken);
    }

    private List<ReplicaSetState> ReplicaSetsOf(ResourceDefinition replicaSets, string ns, string uid) =>
    [
        .. _owned.Of(uid)
            .Select(name => Access.Get(replicaSets, ns, name))
            .Where(set => set is not null && IsControlledBy(set, uid))
            .Select(static set => new ReplicaSetState(set!))
            .OrderBy(static set => set.Created, StringComparer.Ordinal)
            .ThenBy(static set => set.Revision),
    ];

    private static bool IsControlledBy(JsonObject obj, string uid) =>
        obj["metadata"].Get("ownerReferences").Elements().Any(owner => owner.Get("controller").IsTrue() && owner.Get("uid").Text() == uid);

    /// <summary>One look at a Deployment, and the writes that follow from it.</summary>
    private sealed class Rollout(DeploymentController controller, ResourceDefinition resource, ResourceDefinition replicaSets, JsonObject deployment)
    {
        private readonly DeploymentSpec _spec = DeploymentSpec.From(deployment);
        private JsonObject _deployment = deployment;
        private ReplicaSetState? _newest;
        private List<ReplicaSetState> _old = [];

        // Whether this look has created the newest.
        private bool _isCreated;

        public async ValueTask RunAsync(ObjectId key, CancellationToken cancellationToken)
        {
            var metadata = _deployment["metadata"];
            var all = controller.ReplicaSetsOf(replicaSets, key.Namespace, metadata.Get("uid").Text()!);
            _newest = all.FirstOrDefault(set => set.HasTemplate(_spec.Template));
            _old = [.. all.Where(set => set != _newest)];

            var isDeleting = metadata.Get("deletionTimestamp") is not null;
            var isRollingOut = false;
            if (!isDeleting)
            {
                isRollingOut = !_spec.IsPaused && !Plan().IsScaling;
                if (!await (isRollingOut ? RollOutAsync(key, cancellationToken) : ScaleAsync(cancellationToken)))
                {
                    return;
                }
            }

            var status = new DeploymentStatus(_deployment, _spec, _newest, _old, controller.Time.GetUtcNow());
            if (!isDeleting)
            {
                status.ReportPause();
            }

            if (isRollingOut && _newest is not null)
            {
                if (_isCreated)
                {
                    status.ReportCreated(_newest.Name);
                }

                status.ReportFound(_newest.Name);
                status.ReportProgress(_newest.Name);
            }

            if (!isDeleting && (_spec.IsPaused || (isRollingOut && status.IsComplete)))
            {
                await ForgetOldAsync(key.Namespace, cancellationToken);
            }

            if (status.Deadline is { } deadline && !isDeleting)
            {
                // Before the write, so that who sees the status can rely on the deadline being watched.
                controller.Keys.AddAt(key, deadline);
            }

            if (!JsonNode.DeepEquals(status.Json, _deployment["status"]))
            {
                _deployment["status"] = status.Json;
                await controller.Access.UpdateAsync(resource, _deployment, "status", Manager, cancellationToken);
            }
        }

        private ReplicaPlan Plan() => new(_spec, _newest, _old);

        private async ValueTask<bool> ScaleAsync(CancellationToken cancellationToken)
        {
            if (_newest is not null)
            {
                await SetRevisionAsync(cancellationToken);
            }

            foreach (var (set, replicas) in Plan().Scale().ToList())
            {
                await ScaleAsync(set, replicas, cancellationToken);
            }

            return true;
        }

        /// <returns>Whether the status is to be written: not where the name of a new ReplicaSet was taken.</returns>
        private async ValueTask<bool> RollOutAsync(ObjectId key, CancellationToken cancellationToken)
        {
            if (_spec.Recreates)
            {
                foreach (var set in _old.Where(static set => set.Replicas > 0))
                {
                    await ScaleAsync(set, 0, cancellationToken);
                }

                if (_old.Exists(static set => set.Total > 0 || !set.IsObserved))
                {
                    return true;
                }
            }

            if (_newest is null)
            {
                return await CreateNewestAsync(key, cancellationToken);
            }

            await SetRevisionAsync(cancellationToken);
            var replicas = Plan().NewestReplicas();
            if (replicas != _newest.Replicas)
            {
                await ScaleAsync(_newest, replicas, cancellationToken);
                return true;
            }

            foreach (var (set, left) in Plan().ShrinkOld().ToList())
            {
                await ScaleAsync(set, left, cancellationToken);
            }

            return true;
        }

        private async ValueTask<bool> CreateNewestAsync(ObjectId key, CancellationToken cancellationToken)
        {
            var collisions = _deployment["status"].Get("collisionCount").Integer() ?? 0;
            var hash = _spec.HashTemplate(collisions);
            var uid = _deployment["metadata"].Get("uid").Text()!;
            var set = NewReplicaSet(key, uid, hash);
            try
            {
                set = await controller.Access.CreateAsync(replicaSets, set, Manager, cancellationToken);
            }
            catch (ApiException exception) when (exception.Reason == "AlreadyExists")
            {
                // It belongs to another, perhaps to a former Deployment of this name: the next look tries another name.
                var status = _deployment["status"] as JsonObject ?? [];
                status["collisionCount"] = collisions + 1;
                _deployment["status"] = status;
                await controller.Access.UpdateAsync(resource, _deployment, "status", Manager, cancellationToken);
                return false;
            }
            catch (ApiException exception) when (IsNamespaceTerminating(exception))
            {
                return false;
            }

            _newest = new ReplicaSetState(set);
            _isCreated = true;
            var owner = new OwnerReference("apps/v1", "Deployment", key.Name, uid, BlocksDeletion: true, IsController: true);
            controller._owned.NoteCreated(owner, set["metadata"].Get("uid").Text()!, RevisionOf(set), _newest.Name);
            await CopyRevisionAsync(cancellationToken);
            return true;
        }

        private JsonObject NewReplicaSet(ObjectId key, string uid, string hash)
        {
            var template = (JsonObject)_spec.Template!.DeepClone();
            var labels = (JsonObject)template["metadata"]!["labels"]!;
            labels[ReplicaSetState.HashLabel] = hash;
            var selector = (JsonObject)_deployment["spec"]!["selector"]!.DeepClone();
            if (selector["matchLabels"] is not JsonObject)
            {
                selector["matchLabels"] = new JsonObject();
            }

            selector["matchLabels"]![ReplicaSetState.HashLabel] = hash;
            var set = new JsonObject
            {
                ["apiVersion"] = "apps/v1",
                ["kind"] = "ReplicaSet",
                ["metadata"] = new JsonObject
                {
                    ["name"] = $"{key.Name}-{hash}",
                    ["namespace"] = key.Namespace,
                    ["labels"] = labels.DeepClone(),
                    ["ownerReferences"] = new JsonArray(Owners.Controller("apps/v1", "Deployment", key.Name, uid)),
                },
                ["spec"] = new JsonObject { ["replicas"] = Plan().NewestReplicas(), ["selector"] = selector, ["template"] = template },
            };
            SetMinimumReady(set);
            SetAnnotations(set);
            SetScaleAnnotations(set);
            return set;
        }

        /// <summary>Makes the newest ReplicaSet the one of the latest rollout, as it is after a rollback.</summary>
        private async ValueTask SetRevisionAsync(CancellationToken cancellationToken)
        {
            var changed = (JsonObject)_newest!.Json.DeepClone();
            SetAnnotations(changed);
            SetMinimumReady(changed);
            if (!JsonNode.DeepEquals(changed, _newest.Json))
            {
                _newest = await UpdateAsync(changed, cancellationToken);
            }

            await CopyRevisionAsync(cancellationToken);
        }

        private async ValueTask CopyRevisionAsync(CancellationToken cancellationToken)
        {
            var revision = _newest!.Revision.ToString(CultureInfo.InvariantCulture);
            var annotations = Annotations(_deployment);
            if (annotations[ReplicaSetState.RevisionAnnotation].Text() != revision)
            {
                annotations[ReplicaSetState.RevisionAnnotation] = revision;
                _deployment = await controller.Access.UpdateAsync(resource, _deployment, subresource: null, Manager, cancellationToken);
            }
        }

        private void SetMinimumReady(JsonObject set)
        {
            var spec = (JsonObject)set["spec"]!;
            if (_deployment["spec"].Get("minReadySeconds") is { } minimum)
            {
                spec["minReadySeconds"] = minimum.DeepClone();
            }
            else
            {
                spec.Remove("minReadySeconds");
            }
        }

        private void SetAnnotations(JsonObject set)
        {
            var annotations = Annotations(set);
            foreach (var (name, value) in _deployment["metadata"].Get("annotations") as JsonObject ?? [])
            {
                if (!OwnAnnotations.Contains(name))
                {
                    annotations[name] = value?.DeepClone();
                }
            }

            var revision = _old.Select(static other => other.Revision).DefaultIfEmpty().Max() + 1;
            var former = annotations[ReplicaSetState.RevisionAnnotation].Text();
            if (!long.TryParse(former, NumberStyles.None, CultureInfo.InvariantCulture, out var formerRevision) || formerRevision < revision)
            {
                annotations[ReplicaSetState.RevisionAnnotation] = revision.ToString(CultureInfo.InvariantCulture);
                if (former is not null)
                {
                    annotations[HistoryAnnotation] = annotations[HistoryAnnotation].Text() is { Length: > 0 } history
                        ? $"{history},{former}"
                        : former;
                }
            }
        }

        private async ValueTask ScaleAsync(ReplicaSetState set, int replicas, CancellationToken cancellationToken)
        {
            var changed = (JsonObject)set.Json.DeepClone();
            changed["spec"]!["replicas"] = replicas;
            SetScaleAnnotations(changed);
            if (JsonNode.DeepEquals(changed, set.Json))
            {
                return;
            }

            var scaled = await UpdateAsync(changed, cancellationToken);
            if (set == _newest)
            {
                _newest = scaled;
            }
            else
            {
                _old[_old.IndexOf(set)] = scaled;
            }
        }

        private void SetScaleAnnotations(JsonObject set)
        {
            var annotations = Annotations(set);
            annotations[ReplicaSetState.DesiredAnnotation] = _spec.Replicas.ToString(CultureInfo.InvariantCulture);
            annotations[ReplicaSetState.MaximumAnnotation] = (_spec.Replicas + _spec.MaxSurge).ToString(CultureInfo.InvariantCulture);
        }

        private async ValueTask<ReplicaSetState> UpdateAsync(JsonObject set, CancellationToken cancellationToken) =>
            new(await controller.Access.UpdateAsync(replicaSets, set, subresource: null, Manager, cancellationToken));

        private async ValueTask ForgetOldAsync(string ns, CancellationToken cancellationToken)
        {
            var kept = _old.Where(static set => !set.IsDeleting).OrderBy(static set => set.Revision).ToList();
            var surplus = kept.Take(Math.Max(0, kept.Count - _spec.RevisionHistoryLimit));
            foreach (var set in surplus.Where(static set => set.Total == 0 && set.Replicas == 0 && set.IsObserved))
            {
                await controller.Access.DeleteAsync(
                    replicaSets, ns, set.Name, set.Json["metadata"].Get("uid").Text(), "Background", cancellationToken);
                _old.Remove(set);
            }
        }

        private static JsonObject Annotations(JsonObject obj)
        {
            var metadata = (JsonObject)obj["metadata"]!;
            if (metadata["annotations"] is not JsonObject annotations)
            {
                metadata["annotations"] = annotations = [];
            }

            return annotations;
        }
    }
}
