using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers.Tests;

/// <summary>An index that asks all objects.</summary>
internal sealed class FakeIndex<TValue, T>(string name, FakeLister<T> cache, Func<T, IEnumerable<TValue>> values) : IObjectIndex<TValue, T>
    where TValue : notnull
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    public string Name => name;

    public IReadOnlyList<T> Find(TValue value) => [.. cache.Objects.Values.Where(resource => values(resource).Contains(value))];
}
