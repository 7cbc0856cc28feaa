using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using CrMonitor.Informers;
using k8s;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CrMonitor.Controllers;

/// <summary>Adds controllers and caches to the runtime of a host.</summary>
public sealed class CrMonitorBuilder : IResourceRegistry
{
    internal CrMonitorBuilder(IServiceCollection services) => Services = services;

    /// <summary>The host's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Adds a controller that runs <typeparamref name="TReconciler"/> for the objects of <typeparamref name="T"/>.</summary>
    /// <remarks>
    /// Controllers that ask for the same objects of one kind share one informer. Its cache is there as <see cref="ILister{T}"/> in the services, for
    /// the reconciler's constructor too.
    /// </remarks>
    /// <param name="configure">What wakes the controller, and how it runs.</param>
    /// <exception cref="InvalidOperationException">
    /// A controller of that name was added, or the kind of <typeparamref name="T"/> is not known.
    /// </exception>
    public CrMonitorBuilder AddController<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TReconciler, T>(
        Action<ControllerBuilder<T>>? configure = null)
        where TReconciler : class, IReconciler<T>
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var settings = new ControllerBuilder<T>(this);
        configure?.Invoke(settings);
        var name = NameOf(settings);
        if (Services.Any(service => service.ImplementationInstance is Registration registration && registration.ControllerName == name))
        {
            throw TwoNamed(name);
        }

        Services.TryAddSingleton<TReconciler>();
        AddInformer(settings.Resource, settings.Scope);
        Services.AddSingleton(new Registration(name, provider => Create(provider, name, settings, provider.GetRequiredService<TReconciler>())));
        return this;
    }

    /// <summary>
    /// Keeps a cache of <typeparamref name="T"/>, with a controller or without: <see cref="ILister{T}"/> and <see cref="ISharedInformer{T}"/> become
    /// services.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Of several caches of one kind these services are the one that was asked for without a scope of its own, and else the first.
    /// </para>
    /// <para>
    /// Of <see cref="DynamicObject"/> and <see cref="PartialObjectMetadata"/> there may be caches of several resources. For each that is named here,
    /// or to a controller, the services are there under its name (<c>secrets</c>, <c>deployments.apps</c>) as their key:
    /// <c>[FromKeyedServices("deployments.apps")] ILister&lt;DynamicObject&gt;</c>. Without a key they are those of the only resource; with several,
    /// that is an error.
    /// </para>
    /// </remarks>
    /// <param name="resource">The resource, if the type is not known otherwise or stands for any.</param>
    /// <param name="scope">Which objects it holds, if not those that the options name for the kind.</param>
    public CrMonitorBuilder AddInformer<T>(KubeResource<T>? resource = null, CacheScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (resource is not null)
        {
            AddResource(resource);
        }

        if (Services.Select(service => service.ImplementationInstance).OfType<CacheRegistration<T>>()
            .Any(cache => cache.Scope == scope && (cache.Resource == resource || !OpenType.Is<T>())))
        {
            return this;
        }

        Services.TryAddSingleton(provider => Cached<T>(provider, name: null));
        Services.TryAddSingleton(provider => provider.GetRequiredService<ISharedInformer<T>>().Lister);
        if (OpenType.Is<T>() && resource?.ToString() is { } name)
        {
            Services.TryAddKeyedSingleton(name, (provider, _) => Cached<T>(provider, name));
            Services.TryAddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<ISharedInformer<T>>(name).Lister);
        }

        Services.AddSingleton<CacheRegistration>(new CacheRegistration<T>(resource, scope));
        return this;
    }

    void IResourceRegistry.AddResource<T>(KubeResource<T> resource) => AddResource(resource);

    void IResourceRegistry.AddInformer<T>(KubeResource<T>? resource, CacheScope? scope) => AddInformer(resource, scope);

    internal static string NameOf<T>(ControllerBuilder<T> settings)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        settings.Name
        ?? (settings.Resource ?? (OpenType.Is<T>() ? throw OpenType.NotNamed<T>([]) : KubeResource.Of(typeof(T)))).Kind.ToLowerInvariant();

    internal static InvalidOperationException TwoNamed(string name) => new(
        $"There are two controllers named '{name}'. Give one of them another name with Named(...): names keep their metrics and logs apart.");

    internal static Controller<T> Create<T>(IServiceProvider provider, string name, ControllerBuilder<T> settings, IReconciler<T> reconciler)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        provider.GetRequiredService<CrMonitorConfiguration>().Apply(name, settings);
        var options = CrMonitorServiceCollectionExtensions.Options(provider);
        if (settings.IsClusterScoped && options.ScopeOf<T>(settings.Scope, settings.Resource).Namespaces.Count > 0)
        {
            throw new InvalidOperationException(
                $"Controller '{name}' is for a cluster-scoped kind, which cannot be watched within namespaces. "
                + $"Leave {nameof(options.Namespaces)} empty, or set it to none for this kind: "
                + $"options.Cache<{typeof(T).Name}>(new CacheScope {{ Namespaces = [] }}), "
                + $"or \"Namespaces\": [] of {settings.Resource ?? options.Resource<T>()} in the configuration.");
        }

        // To an open type's reconciler, the type stands for the controller's own resource, whatever others it stands for in the host.
        var client = provider.GetRequiredService<IKubeClient>();
        return new Controller<T>(
            name,
            settings,
            reconciler,
            provider.GetRequiredService<IInformers>(),
            provider,
            OpenType.Is<T>() ? client.For(settings.Resource ?? options.Resource<T>()) : client,
            provider.GetRequiredService<ILeadership>(),
            provider.GetRequiredService<ControllerInstruments>(),
            options,
            provider.GetService<IMeterFactory>(),
            provider.GetRequiredService<TimeProvider>(),
            CrMonitorServiceCollectionExtensions.Loggers(provider));
    }

    /// <summary>The informer that is a service.</summary>
    /// <param name="provider">The services.</param>
    /// <param name="name">The name of its resource; <see langword="null"/> for the only one of the type.</param>
    private static ISharedInformer<T> Cached<T>(IServiceProvider provider, string? name)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var options = CrMonitorServiceCollectionExtensions.Options(provider);
        var caches = provider.GetServices<CacheRegistration>().OfType<CacheRegistration<T>>()
            .Select(cache => (Resource: cache.Resource ?? options.Resource<T>(), cache.Scope))
            .Where(cache => name is null || cache.Resource.ToString() == name)
            .ToList();
        var resources = caches.Select(cache => cache.Resource).Distinct().ToList();
        if (resources.Count > 1)
        {
            var (type, first) = (typeof(T).Name, resources[0]);
            throw new InvalidOperationException(
                $"There are caches of {type} for several resources: {string.Join(", ", resources.Select(one => $"{one} ({one.ApiVersion})"))}. "
                + (name is null
                    ? $"Ask for one by its name: [FromKeyedServices(\"{first}\")], or GetRequiredKeyedService<ILister<{type}>>(\"{first}\")."
                    : "A name does not tell versions apart: keep a cache of one version, "
                        + $"or read with {nameof(IKubeClient)}.{nameof(IKubeClient.For)}."));
        }

        return provider.GetRequiredService<IInformers>().Get(resources[0], caches.Exists(cache => cache.Scope is null) ? null : caches[0].Scope);
    }

    private void AddResource<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta> => Services.Configure<CrMonitorOptions>(options => options.AddResource(resource));
}
