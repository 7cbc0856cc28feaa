using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>One index of one snapshot. It holds the objects themselves, so that a query is one look-up and a copy.</summary>
internal sealed record StoreIndex<T>(string Name, Func<T, IEnumerable<string>> Values, PersistentMap<Text, PersistentMap<ObjectKey, T>> Entries)
    where T : class, IKubernetesObject<V1ObjectMeta>;
