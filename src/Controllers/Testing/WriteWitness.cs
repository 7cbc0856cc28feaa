using System.Collections.Concurrent;
using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>For tests of reconcilers: a client that notes which writes changed something, and runs a reconciler until none does.</summary>
/// <remarks>
/// <para>
/// A reconciler has converged when it looks at its object once more and changes nothing. One that does not, writes for ever: each of its writes wakes
/// it, or another controller, again.
/// </para>
/// <para>
/// A write that leaves the object as it was (an apply of what is there) is none. To tell, the object is read live before each write. May be used from
/// any thread.
/// </para>
/// </remarks>
public sealed class WriteWitness : IKubeClient
{
    private readonly IKubeClient _inner;
    private readonly ConcurrentQueue<string> _writes;

    /// <summary>Creates a witness of what goes through it, to the server of <paramref name="client"/>.</summary>
    public WriteWitness(IKubeClient client)
        : this(client ?? throw new ArgumentNullException(nameof(client)), [])
    {
    }

    private WriteWitness(IKubeClient inner, ConcurrentQueue<string> writes)
    {
        _inner = inner;
        _writes = writes;
    }

    /// <summary>The writes that changed something, the first one first: what was done, to which resource, and to which object of it.</summary>
    public IReadOnlyList<string> Writes => [.. _writes];

    /// <inheritdoc/>
    public IKubeClient Live => new WriteWitness(_inner.Live, _writes);

    /// <summary>Runs the reconciler for an object until a run changes nothing.</summary>
    /// <param name="reconciler">What runs. If it has a client of its own, that must be this witness.</param>
    /// <param name="key">For which object.</param>
    /// <param name="runs">How many runs that may take, the last one included, which changes nothing.</param>
    /// <param name="cancellationToken">Is given to the runs.</param>
    /// <returns>How many runs it took. 1: nothing was left to do.</returns>
    /// <exception cref="InvalidOperationException">
    /// The last of the runs still changed something; the message says what, or that it asked for one more.
    /// </exception>
    public async Task<int> ConvergeAsync<T>(IReconciler<T> reconciler, ObjectKey key, int runs = 10, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(reconciler);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(runs);
        var last = "";
        for (var run = 1; run <= runs; run++)
        {
            var before = _writes.Count;
            var context = new ReconcileContext<T>(key, await _inner.Live.GetAsync<T>(key, cancellationToken), this);
            var result = await reconciler.ReconcileAsync(context, cancellationToken);
            if (_writes.Count == before && result.Kind != ReconcileResultKind.Requeue)
            {
                return run;
            }

            last = _writes.Count == before ? "asked to be run again" : $"wrote {string.Join(", ", _writes.Skip(before))}";
        }

        throw new InvalidOperationException($"{Resource<T>().Kind} {key} has not converged: run {runs} of {runs} {last}.");
    }

    /// <inheritdoc/>
    public KubeResource<T> Resource<T>()
        where T : class, IKubernetesObject<V1ObjectMeta> => _inner.Resource<T>();

    /// <inheritdoc/>
    public IKubeClient For<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta> => new WriteWitness(_inner.For(resource), _writes);

    /// <inheritdoc/>
    public IKubeClient Within<T>(CacheScope scope)
        where T : class, IKubernetesObject<V1ObjectMeta> => new WriteWitness(_inner.Within<T>(scope), _writes);

    /// <inheritdoc/>
    public Task<T?> GetAsync<T>(ObjectKey key, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta> => _inner.GetAsync<T>(key, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<T>> ListAsync<T>(string? ns = null, LabelSelector? selector = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta> => _inner.ListAsync<T>(ns, selector, cancellationToken);

    /// <inheritdoc/>
    public Task<DynamicObject?> GetSubresourceAsync<T>(ObjectKey key, string subresource, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta> => _inner.GetSubresourceAsync<T>(key, subresource, cancellationToken);

    /// <inheritdoc/>
    public async Task<T> CreateAsync<T>(T resource, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var created = await _inner.CreateAsync(resource, options, cancellationToken);
        if (options is not { DryRun: true })
        {
            // What a subresource answers with need not have a name.
            Note<T>("create", ObjectKey.Of(options?.Subresource is null ? created : resource));
        }

        return created;
    }

    /// <inheritdoc/>
    public Task<T> UpdateAsync<T>(T resource, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        WriteAsync("update", ObjectKey.Of(resource), () => _inner.UpdateAsync(resource, options, cancellationToken), options, cancellationToken);

    /// <inheritdoc/>
    public Task<T> PatchAsync<T>(ObjectKey key, KubePatch patch, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        WriteAsync("patch", key, () => _inner.PatchAsync<T>(key, patch, options, cancellationToken), options, cancellationToken);

    /// <inheritdoc/>
    public Task<T> ApplyAsync<T>(T desired, ApplyOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        WriteAsync("apply", ObjectKey.Of(desired), () => _inner.ApplyAsync(desired, options, cancellationToken), options, cancellationToken);

    /// <inheritdoc/>
    public Task<T> ApplyJsonAsync<T>(
        ObjectKey key, ReadOnlyMemory<byte> desired, ApplyOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        WriteAsync("apply", key, () => _inner.ApplyJsonAsync<T>(key, desired, options, cancellationToken), options, cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync<T>(ObjectKey key, DeleteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var before = await VersionAsync<T>(key, cancellationToken);
        var existed = await _inner.DeleteAsync<T>(key, options, cancellationToken);

        // What is on its way out already, held by a finalizer, is not changed by another deletion.
        if (existed && options is not { DryRun: true } && await VersionAsync<T>(key, cancellationToken) != before)
        {
            Note<T>("delete", key);
        }

        return existed;
    }

    private async Task<T> WriteAsync<T>(string verb, ObjectKey key, Func<Task<T>> write, WriteOptions? options, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (options is { DryRun: true })
        {
            return await write();
        }

        var before = await VersionAsync<T>(key, cancellationToken);
        var answer = await write();
        if (answer.Metadata?.ResourceVersion != before)
        {
            Note<T>(verb, key);
        }

        return answer;
    }

    private async Task<string?> VersionAsync<T>(ObjectKey key, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        (await _inner.Live.GetAsync<T>(key, cancellationToken))?.Metadata.ResourceVersion;

    private void Note<T>(string verb, ObjectKey key)
        where T : class, IKubernetesObject<V1ObjectMeta> => _writes.Enqueue($"{verb} {Resource<T>()} {key}");
}
