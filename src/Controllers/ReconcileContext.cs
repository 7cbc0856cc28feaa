using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>One run for one object: which, as it is known now, and why.</summary>
/// <remarks>Made for one run and used by it alone. Tests of a reconciler may make their own.</remarks>
public sealed class ReconcileContext<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>Creates the context of a run.</summary>
    /// <param name="key">Whose run it is.</param>
    /// <param name="current">The object, or <see langword="null"/> if it is gone.</param>
    /// <param name="client">What the run writes with.</param>
    public ReconcileContext(ObjectKey key, T? current, IKubeClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        Key = key;
        Object = current;
        Client = client;
    }

    /// <summary>Whose run it is.</summary>
    public ObjectKey Key { get; }

    /// <summary>
    /// The object as the cache shows it, this process's own writes included. <see langword="null"/> when it is gone: the run is then
    /// the chance to drop what was kept for the key; what must happen before an object goes is a finalizer's.
    /// </summary>
    /// <remarks>Shared with the cache: it must not be changed.</remarks>
    public T? Object { get; private set; }

    /// <summary>What to write with.</summary>
    public IKubeClient Client { get; }

    /// <summary>1, plus the runs for this key that failed or asked to be requeued in a row before.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>Why this run happens: everything that happened since the last one began, without repetitions, up to 16.</summary>
    public IReadOnlyList<ReconcileReason> Reasons { get; init; } = [];

    /// <summary>
    /// How often something happened that is not among <see cref="Reasons"/>, since there were 16. Repetitions count, for what is not kept cannot be
    /// compared.
    /// </summary>
    public int OmittedReasons { get; init; }

    /// <summary>When the key became ready for this run.</summary>
    public DateTimeOffset QueuedAt { get; init; }

    /// <summary>Identifies this run in logs and traces.</summary>
    public Guid ReconcileId { get; init; }

    /// <summary>By which right this run works. When it ends, the run's token is cancelled and <see cref="Client"/> refuses to write.</summary>
    /// <value><see langword="null"/> where nobody is elected.</value>
    public LeadershipTerm? Leadership { get; init; }

    /// <summary>Is told each answer of the server, to show it at once.</summary>
    internal ISharedInformer<T>? Informer { get; init; }

    /// <summary>
    /// Takes the server's answer to a write of this object as its present state, for the rest of this run. The helpers of this library do it themselves.
    /// The cache has what <see cref="Client"/> wrote already; it takes over here what was written in any other way.
    /// </summary>
    /// <exception cref="ArgumentException">It is another object.</exception>
    public void Observe(T answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        if (ObjectKey.Of(answer) != Key)
        {
            throw new ArgumentException(
                $"{ObjectKey.Of(answer)} is not {Key}: only writes of the reconciled object itself are observed.", nameof(answer));
        }

        Object = answer;
        Informer?.NoteWrite(answer);
    }

    /// <summary>Patches the reconciled object, or its subresource, and takes what the server answers as its present state.</summary>
    internal async Task PatchAsync(KubePatch patch, WriteOptions? options, CancellationToken cancellationToken)
    {
        if (Client is KubeClient client && Informer is { } informer)
        {
            Object = await client.PatchShownAsync(informer, Key, patch, options, cancellationToken);
        }
        else
        {
            Observe(await Client.PatchAsync<T>(Key, patch, options, cancellationToken));
        }
    }
}
