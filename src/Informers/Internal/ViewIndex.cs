using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>An index of a view. It lives in the stored informer, and so agrees with its objects.</summary>
/// <param name="name">Its name in the view.</param>
/// <param name="stored">The index of the stored objects.</param>
/// <param name="values">What gives the values of an object.</param>
/// <param name="lister">Shows what was found.</param>
internal sealed class ViewIndex<TStored, T, TValue>(
    string name, IObjectIndex<TValue, TStored> stored, Func<T, IEnumerable<TValue>> values, ViewLister<TStored, T> lister) : IObjectIndex<TValue, T>
    where TStored : class, IKubernetesObject<V1ObjectMeta>
    where T : class, IKubernetesObject<V1ObjectMeta>
    where TValue : notnull
{
    public string Name => name;

    public IReadOnlyList<T> Find(TValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return lister.Show(() => stored.Find(value), noted => values(noted).Contains(value));
    }
}
