using System.Text.Json;
using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers.Tests;

/// <summary>An informer whose cache is changed by the test: handlers have been told when a change returns.</summary>
internal sealed class FakeInformer<T>(KubeResource<T> resource) : ISharedInformer<T>, INotedInformer
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly List<Registration> _handlers = [];
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FakeLister<T> Cache { get; } = new();

    public ILister<T> Lister => Cache;

    public KubeResource Resource => resource;

    public InformerScope Scope => InformerScope.All;

    public bool HasSynced => _synced.Task.IsCompleted;

    public IReadOnlyList<InvalidObject> InvalidObjects => [];

    public InformerHealth Health { get; set; } = new()
    {
        HasSynced = true,
        IsConnected = true,
        IsStalled = false,
        SinceLastProofOfLife = TimeSpan.Zero,
        ConsecutiveFailures = 0,
        LastFailure = null,
        InvalidObjects = 0,
    };

    public int HandlerCount
    {
        get
        {
            lock (_handlers)
            {
                return _handlers.Count;
            }
        }
    }

    /// <summary>For how long each handler has been in the call that runs now.</summary>
    public TimeSpan? InCallFor { get; set; }

    /// <summary>The deletions that were noted.</summary>
    public List<(ObjectKey Key, string? Uid, string? Version)> Deletions { get; } = [];

    public void Start()
    {
    }

    public Task WaitForSyncAsync(CancellationToken cancellationToken = default) => _synced.Task.WaitAsync(cancellationToken);

    public Task StopAsync() => Task.CompletedTask;

    public IObjectIndex<string, T> AddIndex(string name, Func<T, IEnumerable<string>> values)
    {
        var index = new FakeIndex<string, T>(name, Cache, values);
        Cache.Indexes.Add(name, index);
        return index;
    }

    public IObjectIndex<TValue, T> AddIndex<TValue>(string name, Func<T, IEnumerable<TValue>> values)
        where TValue : notnull => throw NotForControllers();

    public bool RemoveIndex(string name) => Cache.Indexes.Remove(name);

    public void SetTransform(Func<T, T> transform) => throw NotForControllers();

    public IAsyncEnumerable<ResourceChange<T>> ReadChangesAsync(HandlerOptions? options = null, CancellationToken cancellationToken = default) =>
        throw NotForControllers();

    public ValueTask<T?> GetAsync(ObjectKey key, string atLeast, TimeSpan deadline, CancellationToken cancellationToken = default) =>
        throw NotForControllers();

    public Task<T?> WaitForAsync(ObjectKey key, Func<T?, bool> until, CancellationToken cancellationToken = default) => throw NotForControllers();

    public Task WaitForCacheAsync(Func<ILister<T>, bool> until, CancellationToken cancellationToken = default) => throw NotForControllers();

    public void NoteWrite(T answer) => Cache.Objects[ObjectKey.Of(answer)] = answer;

    public T NoteWrite(ReadOnlySpan<byte> answer)
    {
        var shown = JsonSerializer.Deserialize(answer, resource.Json)!;
        NoteWrite(shown);
        return shown;
    }

    public void NoteBytes(ReadOnlySpan<byte> answer) => NoteWrite(answer);

    public void NoteDelete(ObjectKey key, string? uid = null, string? resourceVersion = null)
    {
        Deletions.Add((key, uid, resourceVersion));
        Cache.Objects.TryRemove(key, out _);
    }

    /// <summary>The options of the last handler that was added.</summary>
    public HandlerOptions? LastOptions { get; private set; }

    public HandlerRegistration AddHandler(IResourceHandler<T> handler, HandlerOptions? options = null)
    {
        LastOptions = options;
        var registration = new Registration(this, handler);
        lock (_handlers)
        {
            _handlers.Add(registration);
        }

        return registration;
    }

    /// <summary>The first list has been told.</summary>
    public void Sync() => _synced.TrySetResult();

    public async Task SetAsync(T resource, bool isInitialList = false)
    {
        var key = ObjectKey.Of(resource);
        var old = Cache.Get(key);
        Cache.Objects[key] = resource;
        Cache.ResourceVersion = resource.Metadata.ResourceVersion ?? Cache.ResourceVersion;
        await TellAsync(new ResourceChange<T>(old is null ? ChangeKind.Added : ChangeKind.Updated, key, old, resource)
        {
            IsInitialList = isInitialList,
            IsResync = ReferenceEquals(old, resource),
        });
    }

    public async Task DeleteAsync(ObjectKey key)
    {
        Cache.Objects.TryRemove(key, out var old);
        await TellAsync(new ResourceChange<T>(ChangeKind.Deleted, key, old, null));
    }

    public async Task TellAsync(ResourceChange<T> change)
    {
        List<Registration> told;
        lock (_handlers)
        {
            told = [.. _handlers];
        }

        foreach (var registration in told)
        {
            await registration.Handler.HandleAsync(change, CancellationToken.None);
        }
    }

    private static NotSupportedException NotForControllers() => new("Controllers do not use this member of an informer.");

    private sealed class Registration(FakeInformer<T> informer, IResourceHandler<T> handler) : HandlerRegistration
    {
        public IResourceHandler<T> Handler => handler;

        public override bool HasSynced => informer.HasSynced;

        public override int PendingCount => 0;

        public override TimeSpan? InCallFor => informer.InCallFor;

        public override Task WaitForSyncAsync(CancellationToken cancellationToken = default) => informer.WaitForSyncAsync(cancellationToken);

        public override ValueTask DisposeAsync()
        {
            lock (informer._handlers)
            {
                informer._handlers.Remove(this);
            }

            return ValueTask.CompletedTask;
        }
    }
}
