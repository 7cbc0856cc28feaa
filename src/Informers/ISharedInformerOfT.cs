using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Keeps a cache equal to the server's objects of one resource (within one scope), and tells any number of handlers what changes.</summary>
/// <remarks>
/// The cache is eventually consistent: it shows a state that the server had, and follows. On a relist it is replaced first, then handlers are told, so that
/// what a handler reads equals one state of the server. There is no order between the changes of different objects.
/// All members may be called from any thread.
/// </remarks>
public interface ISharedInformer<T> : ISharedInformer
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>Reads the cache.</summary>
    ILister<T> Lister { get; }

    /// <summary>Adds a named index: for each object, the values under which <see cref="ILister{T}.ByIndex"/> and what is returned find it.</summary>
    /// <remarks>
    /// The function must depend on the object alone and must not call the informer. If it throws, that is logged, and the object has no value.
    /// An index can be added at any time; the objects that are cached are indexed before the call returns.
    /// </remarks>
    /// <exception cref="ArgumentException">An index of that name exists.</exception>
    IObjectIndex<string, T> AddIndex(string name, Func<T, IEnumerable<string>> values);

    /// <summary>Adds an index whose values are not strings: numbers, keys of other objects, tuples.</summary>
    /// <typeparam name="TValue">What objects are found by. Its <see cref="object.Equals(object)"/> and <see cref="object.GetHashCode"/> decide.</typeparam>
    /// <inheritdoc cref="AddIndex(string, Func{T, IEnumerable{string}})"/>
    IObjectIndex<TValue, T> AddIndex<TValue>(string name, Func<T, IEnumerable<TValue>> values)
        where TValue : notnull;

    /// <summary>
    /// Adds a handler, before or after the start. It is first told every cached object as <see cref="ChangeKind.Added"/> (with
    /// <see cref="ResourceChange{T}.IsInitialList"/>), then what changes.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The informer was stopped.</exception>
    HandlerRegistration AddHandler(IResourceHandler<T> handler);
}
