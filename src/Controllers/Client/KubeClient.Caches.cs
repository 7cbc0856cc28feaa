using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Which cache answers a read. By scopes alone, so that the same read does not go here today and there tomorrow.</summary>
public sealed partial class KubeClient
{
    /// <summary>Reads one object from a cache, unless the server is to be asked.</summary>
    /// <exception cref="OutsideOfCacheException">There are caches, and none of them can tell.</exception>
    private async ValueTask<(bool IsAnswered, T? Cached)> ReadCacheAsync<T>(
        KubeResource<T> resource, ObjectKey key, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (_readsCaches && _within.TryGetValue(typeof(T), out var scope))
        {
            return (true, (await CacheWithinAsync(resource, scope, key.Namespace, cancellationToken)).Lister.Get(key));
        }

        var caches = Caches(resource);
        if (TryFind(caches, key.Namespace is null ? [] : [key.Namespace], null, out var covering))
        {
            return covering is { HasSynced: true } ? (true, covering.Lister.Get(key)) : (false, null);
        }

        // What is there is there, also in a cache of selected objects. What is not there may exist all the same.
        return caches.Select(cache => cache.Lister.Get(key)).FirstOrDefault(cached => cached is not null) is { } found
            ? (true, found)
            : throw new OutsideOfCacheException(
                $"{resource.Kind} {key} is in no cache of this host, and may exist all the same: {Describe(caches)}. {Remedy(resource)}");
    }

    /// <summary>The cache that answers a list, as soon as it has synced; <see langword="null"/> if there is none of the kind.</summary>
    /// <exception cref="OutsideOfCacheException">There are caches, and none of them holds all that is asked for.</exception>
    private async ValueTask<ISharedInformer<T>?> CacheOfAsync<T>(
        KubeResource<T> resource, string? ns, LabelSelector? selector, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (_readsCaches && _within.TryGetValue(typeof(T), out var scope))
        {
            return await CacheWithinAsync(resource, scope, ns, cancellationToken);
        }

        var caches = Caches(resource);

        // All namespaces: of a host that is meant for some of them, those.
        if (TryFind(caches, ns is not null ? [ns] : _caches?.ScopeOf(resource).Namespaces ?? [], selector, out var covering))
        {
            return covering;
        }

        var asked = (ns is null ? "all namespaces" : $"namespace {ns}")
            + (selector is null or { IsEverything: true } ? "" : $" with labels {selector}");
        throw new OutsideOfCacheException($"No cache of this host holds all of {resource} in {asked}: {Describe(caches)}. {Remedy(resource)}");
    }

    // The first that has synced; while none has, the first. Where there is no cache of the kind, the server is asked.
    private static bool TryFind<T>(
        IReadOnlyList<ISharedInformer<T>> caches, IReadOnlyList<string> namespaces, LabelSelector? selector, out ISharedInformer<T>? covering)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        covering = null;
        InformerScope? asked = null;
        foreach (var cache in caches)
        {
            if (!ReferenceEquals(cache.Scope, InformerScope.All)
                && !cache.Scope.Covers(asked ??= new InformerScope { Namespaces = namespaces, LabelSelector = selector ?? LabelSelector.Everything }))
            {
                continue;
            }

            covering ??= cache;
            if (cache.HasSynced)
            {
                covering = cache;
                break;
            }
        }

        return covering is not null || caches.Count == 0;
    }

    private static string Describe<T>(IReadOnlyList<ISharedInformer<T>> caches)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        string.Join(" ", caches.Select(cache => $"one cache holds {cache.Scope}.")).TrimEnd('.');

    private static string Remedy(KubeResource resource) =>
        $"Ask the server by {nameof(IKubeClient)}.{nameof(Live)}, ask for what one cache holds by {nameof(Within)}, or let a cache hold more "
        + $"({nameof(CrMonitorOptions)}.{nameof(CrMonitorOptions.Namespaces)} or {nameof(CrMonitorOptions.Cache)} for {resource.Kind}).";

    private IReadOnlyList<ISharedInformer<T>> Caches<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta> => _readsCaches && _caches is not null ? _caches.Find(resource) : [];

    private async ValueTask<ISharedInformer<T>> CacheWithinAsync<T>(
        KubeResource<T> resource, CacheScope within, string? ns, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var scope = _options.ScopeOf<T>(within, resource);
        var caches = Caches(resource);
        var cache = caches.FirstOrDefault(cache => cache.Scope.Equals(scope)) ?? throw new InvalidOperationException(
            $"This host keeps no cache of {resource} in {scope}. Add one, with AddInformer or with the scope of For, Owns or Watches"
            + (caches.Count == 0 ? "." : $"; {Describe(caches)}."));
        if (ns is not null && scope.Namespaces.Count > 0 && !scope.Namespaces.Contains(ns, StringComparer.Ordinal))
        {
            throw new OutsideOfCacheException($"The namespace {ns} is none of the scope that is asked for: {scope}.");
        }

        await cache.WaitForSyncAsync(cancellationToken);
        return cache;
    }
}
