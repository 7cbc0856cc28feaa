using System.Collections.Concurrent;
using CrMonitor.Informers;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Controllers;

/// <summary>The informers of a host: one for each type, in the namespaces of the options.</summary>
internal sealed class HostInformers : IInformers, IAsyncDisposable
{
    private readonly SharedInformerFactory _factory;
    private readonly CrMonitorOptions _options;
    private readonly InformerScope _scope;
    private readonly ConcurrentDictionary<(Type Type, string Group, string Plural), ISharedInformer> _found = new();

    public HostInformers(IKubeTransport transport, CrMonitorOptions options, TimeProvider time, ILoggerFactory loggerFactory)
    {
        _factory = new SharedInformerFactory(transport, new SharedInformerFactoryOptions { TimeProvider = time, LoggerFactory = loggerFactory });
        _options = options;
        _scope = new InformerScope { Namespaces = [.. options.Namespaces] };
    }

    public IReadOnlyList<ISharedInformer> All => _factory.Informers;

    public ISharedInformer<T> Get<T>()
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var resource = _options.Resource<T>();
        return (ISharedInformer<T>)_found.GetOrAdd(KeyOf(resource), _ => _factory.Informer(resource, _scope));
    }

    public ISharedInformer<T>? Find<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta> => _found.GetValueOrDefault(KeyOf(resource)) as ISharedInformer<T>;

    public void Start() => _factory.Start();

    public Task StopAsync() => _factory.StopAsync();

    public ValueTask DisposeAsync() => _factory.DisposeAsync();

    private static (Type Type, string Group, string Plural) KeyOf<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta> => (typeof(T), resource.Group, resource.Plural);
}
