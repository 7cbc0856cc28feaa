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

    /// <summary>What happens right after the next look at an object that is not there, before who looked learns it.</summary>
    public Action? Missed { get; set; }

    public T? Get(ObjectKey key)
    {
        var found = Objects.GetValueOrDefault(key);
        if (found is null && Missed is { } missed)
        {
            Missed = null;
            missed();
        }

        return found;
    }

    public IReadOnlyList<T> List(string? ns = null, LabelSelector? selector = null, Func<T, bool>? predicate = null) => [.. Objects.Values];

    public Dictionary<string, IObjectIndex<string, T>> Indexes { get; } = [];

    public IReadOnlyList<T> ByIndex(string index, string value) => Indexes.TryGetValue(index, out var known)
        ? known.Find(value)
        : throw new ArgumentException($"no index {index}", nameof(index));
}
