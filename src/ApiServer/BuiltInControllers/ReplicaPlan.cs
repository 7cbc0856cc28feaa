namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>
/// How many replicas each ReplicaSet of a Deployment shall have: the rules of Kubernetes' own controller. Pure: it looks at states and changes
/// nothing.
/// </summary>
/// <param name="spec">What the Deployment asks for.</param>
/// <param name="newest">The ReplicaSet of the Deployment's template; <see langword="null"/> before there is one.</param>
/// <param name="old">The other ones, oldest first.</param>
internal sealed class ReplicaPlan(DeploymentSpec spec, ReplicaSetState? newest, IReadOnlyList<ReplicaSetState> old)
{
    private IEnumerable<ReplicaSetState> All => newest is null ? old : old.Append(newest);

    /// <summary>Whether the Deployment was scaled since its ReplicaSets were: then they are scaled before a rollout goes on.</summary>
    public bool IsScaling =>
        All.Any(set => set.Replicas > 0 && set.Annotation(ReplicaSetState.DesiredAnnotation) is { } desired && desired != spec.Replicas);

    /// <summary>How many replicas the newest may have now.</summary>
    public int NewestReplicas()
    {
        var present = newest?.Replicas ?? 0;
        if (spec.Recreates || present >= spec.Replicas)
        {
            return spec.Replicas;
        }

        var room = spec.Replicas + spec.MaxSurge - All.Sum(static set => set.Replicas);
        return room <= 0 ? present : present + Math.Min(room, spec.Replicas - present);
    }

    /// <summary>
    /// The replicas of old ReplicaSets that a rolling update can do without now: first those that are not available, then available ones beyond the
    /// minimum.
    /// </summary>
    public IEnumerable<(ReplicaSetState Set, int Replicas)> ShrinkOld()
    {
        var minimum = spec.Replicas - spec.MaxUnavailable;
        var newestUnavailable = newest is null ? 0 : newest.Replicas - newest.Available;
        var spare = All.Sum(static set => set.Replicas) - minimum - newestUnavailable;
        if (spare <= 0)
        {
            yield break;
        }

        var left = old.ToDictionary(static set => set, static set => set.Replicas);
        foreach (var set in old)
        {
            var removed = Math.Min(spare, Math.Max(0, set.Replicas - set.Available));
            left[set] -= removed;
            spare -= removed;
        }

        spare = All.Sum(static set => set.Available) - minimum;
        foreach (var set in old)
        {
            var removed = Math.Clamp(spare, 0, left[set]);
            left[set] -= removed;
            spare -= removed;
            if (left[set] != set.Replicas)
            {
                yield return (set, left[set]);
            }
        }
    }

    /// <summary>What follows from a change of the Deployment's replicas: during a rollout each ReplicaSet grows or shrinks in proportion.</summary>
    public IEnumerable<(ReplicaSetState Set, int Replicas)> Scale()
    {
        var active = All.Where(static set => set.Replicas > 0).ToList();
        if (active.Count <= 1)
        {
            return (active.Count == 1 ? active[0] : newest ?? (old.Count == 0 ? null : old[^1])) is { } only ? [(only, spec.Replicas)] : [];
        }

        if (newest is not null
            && newest.Replicas == spec.Replicas
            && newest.Annotation(ReplicaSetState.DesiredAnnotation) == spec.Replicas
            && newest.Available == spec.Replicas)
        {
            return active.Where(set => set != newest).Select(static set => (set, 0));
        }

        return spec.Recreates ? [] : ScaleInProportion(active);
    }

    private List<(ReplicaSetState Set, int Replicas)> ScaleInProportion(List<ReplicaSetState> active)
    {
        var allowed = spec.Replicas > 0 ? spec.Replicas + spec.MaxSurge : 0;
        var missing = allowed - active.Sum(static set => set.Replicas);

        // The largest first; of equal ones the younger grows first, and the older shrinks first.
        active.Reverse();
        var sorted = missing > 0 ? active : Enumerable.Reverse(active);
        var planned = new List<(ReplicaSetState Set, int Replicas)>();
        var added = 0;
        foreach (var set in sorted.OrderByDescending(static set => set.Replicas))
        {
            var share = Share(set, allowed);
            share = missing > 0 ? Math.Clamp(share, 0, missing - added) : Math.Clamp(share, missing - added, 0);
            planned.Add((set, set.Replicas + share));
            added += share;
        }

        var (first, replicas) = planned[0];
        planned[0] = (first, Math.Max(0, replicas + missing - added));
        return planned;
    }

    private static int Share(ReplicaSetState set, int allowed)
    {
        var before = set.Annotation(ReplicaSetState.MaximumAnnotation) is { } maximum and > 0 ? maximum : allowed;
        return (int)Math.Round((double)set.Replicas * allowed / Math.Max(1, before), MidpointRounding.AwayFromZero) - set.Replicas;
    }
}
