using System.Collections.Concurrent;
using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers.Tests;

internal sealed class FakeLister<T> : ILister<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    public ConcurrentDictionary<ObjectKey, T> Objects { get; } = new();

    public int Count => Objects.Count;

    public string? ResourceVersion { get; set; }

    public T? Get(ObjectKey key) => Objects.GetValueOrDefault(key);

    public IReadOnlyList<T> List(string? ns = null, LabelSelector? selector = null, Func<T, bool>? predicate = null) => [.. Objects.Values];

    public Dictionary<string, Func<T, IEnumerable<string>>> Indexes { get; } = [];

    public IReadOnlyList<T> ByIndex(string index, string value) => Indexes.TryGetValue(index, out var values)
        ? [.. Objects.Values.Where(resource => values(resource).Contains(value))]
        : throw new ArgumentException($"no index {index}", nameof(index));
}
