using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Compares the metadata of two states of one object.</summary>
internal static class Changes
{
    /// <summary>One of the <paramref name="wanted"/> changes lies between the two.</summary>
    public static bool Between(V1ObjectMeta old, V1ObjectMeta current, Changed wanted) =>
        wanted.Has(Changed.Anything, old.ResourceVersion != current.ResourceVersion)
        || wanted.Has(Changed.Generation, old.Generation != current.Generation)
        || wanted.Has(Changed.Labels, !Same(old.Labels, current.Labels))
        || wanted.Has(Changed.Annotations, !Same(old.Annotations, current.Annotations))
        || wanted.Has(Changed.Deletion, old.DeletionTimestamp != current.DeletionTimestamp
            || (current.DeletionTimestamp is not null && !Same(old.Finalizers, current.Finalizers)))
        || wanted.Has(Changed.Finalizers, !Same(old.Finalizers, current.Finalizers))
        || wanted.Has(Changed.OwnerReferences, !Same(old.OwnerReferences, current.OwnerReferences));

    private static bool Has(this Changed wanted, Changed flag, bool changed) => changed && (wanted & flag) != 0;

    private static bool Same<TItem>(IList<TItem>? a, IList<TItem>? b) => (a ?? []).SequenceEqual(b ?? []);

    private static bool Same(IDictionary<string, string>? a, IDictionary<string, string>? b)
    {
        if ((a?.Count ?? 0) != (b?.Count ?? 0))
        {
            return false;
        }

        return a is null || b is null || a.All(pair => b.TryGetValue(pair.Key, out var value) && value == pair.Value);
    }
}
