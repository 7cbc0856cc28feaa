using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers.Tests;

internal sealed class FakeInformers : IInformers
{
    private readonly Dictionary<Type, ISharedInformer> _informers = [];

    public FakeInformer<Widget> Widgets => (FakeInformer<Widget>)Get<Widget>();

    public FakeInformer<V1Deployment> Deployments => (FakeInformer<V1Deployment>)Get<V1Deployment>();

    /// <summary>Shares that are held.</summary>
    public int Shares { get; private set; }

    public InformerShare<T> Share<T>(KubeResource<T>? resource = null, CacheScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        Shares++;
        var informer = Get<T>();
        return new InformerShare<T>(informer, (KubeResource<T>)informer.Resource, () =>
        {
            Shares--;
            return ValueTask.CompletedTask;
        });
    }

    public InformerScope ScopeOf<T>(KubeResource<T> resource, CacheScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta> => InformerScope.All;

    public ISharedInformer<T> Get<T>(KubeResource<T>? resource = null, CacheScope? scope = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (!_informers.TryGetValue(typeof(T), out var informer))
        {
            var options = new CrMonitorOptions();
            options.JsonContexts.Add(TestJson.Default);
            _informers[typeof(T)] = informer = new FakeInformer<T>(options.Resource<T>());
        }

        return (ISharedInformer<T>)informer;
    }

    public ISharedInformer<T> Get<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        _informers.TryAdd(typeof(T), new FakeInformer<T>(resource));
        return Get<T>();
    }

    public IReadOnlyList<ISharedInformer<T>> Find<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta> => _informers.GetValueOrDefault(typeof(T)) is ISharedInformer<T> informer ? [informer] : [];

    public bool Keeps(KubeResource resource) => Of(resource).Any();

    public void NoteWrite(KubeResource resource, ReadOnlySpan<byte> answer)
    {
        foreach (var informer in Of(resource))
        {
            informer.NoteBytes(answer);
        }
    }

    public T? NoteWrite<T>(ISharedInformer<T> informer, ReadOnlySpan<byte> answer)
        where T : class, IKubernetesObject<V1ObjectMeta> => informer.NoteWrite(answer);

    public void NoteDelete(KubeResource resource, ObjectKey key, string? uid = null, string? resourceVersion = null)
    {
        foreach (var informer in Of(resource))
        {
            informer.NoteDelete(key, uid, resourceVersion);
        }
    }

    private IEnumerable<INotedInformer> Of(KubeResource resource) =>
        _informers.Values.Where(informer => informer.Resource.Plural == resource.Plural).Cast<INotedInformer>();
}
