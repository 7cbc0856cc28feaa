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
        AddInformer<T>(null, settings.Scope);
        Services.AddSingleton(new Registration(name, provider => Create(provider, name, settings, provider.GetRequiredService<TReconciler>())));
        return this;
    }

    /// <summary>
    /// Keeps a cache of <typeparamref name="T"/>, with a controller or without: <see cref="ILister{T}"/> and <see cref="ISharedInformer{T}"/> become
    /// services.
    /// </summary>
    /// <remarks>
    /// Of several caches of one kind these services are the one that was asked for without a scope of its own, and else the first.
    /// </remarks>
    /// <param name="resource">The resource, if the type is not known otherwise.</param>
    /// <param name="scope">Which objects it holds, if not those that the options name for the kind.</param>
    public CrMonitorBuilder AddInformer<T>(KubeResource<T>? resource = null, CacheScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (resource is not null)
        {
            AddResource(resource);
        }

        if (Caches<T>(Services.Select(service => service.ImplementationInstance).OfType<Registration>()).Any(cache => cache.Scope == scope))
        {
            return this;
        }

        Services.TryAddSingleton(provider =>
        {
            var caches = Caches<T>(provider.GetServices<Registration>()).ToList();
            return provider.GetRequiredService<IInformers>().Get<T>((caches.Find(cache => cache.Scope is null) ?? caches[0]).Scope);
        });
        Services.TryAddSingleton(provider => provider.GetRequiredService<ISharedInformer<T>>().Lister);
        Services.AddSingleton(new Registration(null, provider =>
        {
            provider.GetRequiredService<IInformers>().Get<T>(scope);
            return null;
        })
        {
            Cached = typeof(T),
            Scope = scope,
        });
        return this;
    }

    void IResourceRegistry.AddResource<T>(KubeResource<T> resource) => AddResource(resource);

    void IResourceRegistry.AddInformer<T>(KubeResource<T>? resource, CacheScope? scope) => AddInformer(resource, scope);

    internal static string NameOf<T>(ControllerBuilder<T> settings)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        settings.Name ?? (settings.Resource ?? KubeResource.Of(typeof(T))).Kind.ToLowerInvariant();

    internal static InvalidOperationException TwoNamed(string name) => new(
        $"There are two controllers named '{name}'. Give one of them another name with Named(...): names keep their metrics and logs apart.");

    internal static Controller<T> Create<T>(IServiceProvider provider, string name, ControllerBuilder<T> settings, IReconciler<T> reconciler)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        provider.GetRequiredService<CrMonitorConfiguration>().Apply(name, settings);
        var options = CrMonitorServiceCollectionExtensions.Options(provider);
        if (settings.IsClusterScoped && options.ScopeOf<T>(settings.Scope).Namespaces.Count > 0)
        {
            throw new InvalidOperationException(
                $"Controller '{name}' is for a cluster-scoped kind, which cannot be watched within namespaces. "
                + $"Leave {nameof(options.Namespaces)} empty, or set it to none for this kind: "
                + $"options.Cache<{typeof(T).Name}>(new CacheScope {{ Namespaces = [] }}), "
                + $"or \"Namespaces\": [] of {options.Resource<T>()} in the configuration.");
        }

        return new Controller<T>(
            name,
            settings,
            reconciler,
            provider.GetRequiredService<IInformers>(),
            provider,
            provider.GetRequiredService<IKubeClient>(),
            provider.GetRequiredService<ILeadership>(),
            provider.GetRequiredService<ControllerInstruments>(),
            options,
            provider.GetService<IMeterFactory>(),
            provider.GetRequiredService<TimeProvider>(),
            CrMonitorServiceCollectionExtensions.Loggers(provider));
    }

    private static IEnumerable<Registration> Caches<T>(IEnumerable<Registration> registrations) =>
        registrations.Where(registration => registration.Cached == typeof(T));

    private void AddResource<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta> => Services.Configure<CrMonitorOptions>(options => options.AddResource(resource));
}
