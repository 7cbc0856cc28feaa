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

    public HostInformers(IKubeTransport transport, CrMonitorOptions options, TimeProvider time, ILoggerFactory loggerFactory)
    {
        _factory = new SharedInformerFactory(transport, new SharedInformerFactoryOptions { TimeProvider = time, LoggerFactory = loggerFactory });
        _options = options;
        _scope = new InformerScope { Namespaces = [.. options.Namespaces] };
    }

    public IReadOnlyList<ISharedInformer> All => _factory.Informers;

    public ISharedInformer<T> Get<T>()
        where T : class, IKubernetesObject<V1ObjectMeta> => _factory.Informer(_options.Resource<T>(), _scope);

    public ISharedInformer<T>? Find<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta> => _factory.Find(resource, _scope);

    public InformerShare<T> Share<T>()
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var lease = _factory.Lease(_options.Resource<T>(), _scope);
        return new InformerShare<T>(lease.Informer, lease.DisposeAsync);
    }

    /// <summary>Starts those that have not been started.</summary>
    public void Start() => _factory.Start();

    public Task StopAsync() => _factory.StopAsync();

    public ValueTask DisposeAsync() => _factory.DisposeAsync();
}
