using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>An informer with one handler, which does nothing but await the last event.</summary>
internal sealed class InformerRun<T> : IInformerRun
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly SharedInformerFactory _factory;
    private readonly EventMeter<T> _meter;
    private readonly HandlerRegistration _registration;

    public InformerRun(IKubeTransport server, KubeResource<T> resource, bool isStream, string lastVersion)
    {
        _factory = new SharedInformerFactory(server, new SharedInformerFactoryOptions { UseStreamingList = isStream });
        _meter = new EventMeter<T>(ObjectForm<T>.Of(resource, keepManagedFields: false), lastVersion, readsStamps: false);
        _registration = _factory.Informer(resource).AddHandler(_meter);
    }

    public async Task SyncAsync()
    {
        _factory.Start();
        await _registration.WaitForSyncAsync();
    }

    public Task FollowAsync() => _meter.Last;

    public async ValueTask DisposeAsync()
    {
        await _registration.DisposeAsync();
        await _factory.DisposeAsync();
    }
}
