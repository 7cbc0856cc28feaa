using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>What an informer tells the views of it.</summary>
/// <typeparam name="TStored">The form in which the informer holds objects.</typeparam>
internal interface IStoredView<TStored>
    where TStored : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>How many cached objects are known not to be readable in the view's form.</summary>
    int InvalidCount { get; }

    /// <summary>An object is about to come into the cache. Called before it does, without a lock.</summary>
    /// <param name="before">What the cache shows under its key; <see langword="null"/>: nothing.</param>
    /// <param name="coming">The object.</param>
    void Expect(TStored? before, TStored coming);
}
