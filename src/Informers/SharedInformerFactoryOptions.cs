using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrMonitor.Informers;

/// <summary>What the informers of a factory have in common.</summary>
public sealed class SharedInformerFactoryOptions
{
    /// <summary>The clock of every deadline, delay and measurement.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where informers log (category <c>CrMonitor.Informers</c>).</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>
    /// The source of jitter in delays and watch timeouts. It must be safe for use by several threads unless the scheduler has only one.
    /// </summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>Decode <c>metadata.managedFields</c> too. They are often a third of an object, and a cache seldom has a use for them.</summary>
    /// <value><see langword="false"/> by default: they are skipped.</value>
    public bool KeepManagedFields { get; init; }

    /// <summary>
    /// The most bytes that an object may have as JSON. A larger one is refused before it is read whole, and told as an <see cref="InvalidObject"/>.
    /// </summary>
    /// <value>16 MiB by default, ten times what etcd stores by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1,024.</exception>
    public int MaxObjectSize
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1024);
            field = value;
        }
    } = 16 * 1024 * 1024;

    /// <summary>Keep the bytes of objects that cannot be decoded in <see cref="InvalidObject.Json"/>, for looking at them.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool KeepInvalidBytes { get; init; }

    /// <summary>
    /// Changes every object, of any kind, before it is stored: to leave out what nobody reads. For one kind alone there is
    /// <see cref="ISharedInformer{T}.SetTransform"/>, whose rules hold here too. It sees the
    /// form that is stored; views of other forms show what it leaves.
    /// </summary>
    /// <value><see langword="null"/> by default. The function returns an object of the type that it was given, usually the same one.</value>
    public Func<IKubernetesObject<V1ObjectMeta>, IKubernetesObject<V1ObjectMeta>>? Transform { get; init; }

    /// <summary>
    /// Watch over the cached objects, which are shared and must not be changed: an object that was is named in the log, as an error, when it leaves
    /// the cache, at the next list, or when the informer stops. For tests: it writes every object as JSON twice.
    /// </summary>
    /// <value><see langword="false"/> by default; <see langword="true"/> in a debug build of this library.</value>
    public bool DetectMutations { get; init; }
#if DEBUG
        = true;
#endif

    /// <summary>How many objects a page of a list has.</summary>
    /// <value>500 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not positive.</exception>
    public int PageSize
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            field = value;
        }
    } = 500;

    /// <summary>
    /// The least time that the server is asked to keep one watch open; the actual time is drawn between this and twice this, so that watches do not
    /// end together.
    /// </summary>
    /// <value>Five minutes by default. Sent as whole seconds.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below one second.</exception>
    public TimeSpan MinWatchTimeout
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.FromSeconds(1));
            field = value;
        }
    } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Ask for lists as streams (<c>sendInitialEvents</c>): the server sends objects from its memory one by one, builds no list, and the same
    /// connection goes on as the watch.
    /// </summary>
    /// <remarks>
    /// A server that refuses that, that does not mark the end of the list within two minutes, or falls silent for 30 seconds before it, is asked
    /// for lists
    /// in pages from then on. Streams spare the server memory, and cost it more processor time than pages.
    /// </remarks>
    /// <value><see langword="true"/> by default.</value>
    public bool UseStreamingList { get; init; } = true;

    /// <summary>
    /// For how long a watch that the server ends with an <c>InternalError</c> is resumed, before a list is asked for instead. The time begins with
    /// the first such error, and
    /// anew after a minute without one.
    /// </summary>
    /// <value>Zero by default: a list is asked for at once, since the server may have lost events.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public TimeSpan InternalErrorRetryWindow
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            field = value;
        }
    }

    /// <summary>Is told of every failure of listing, watching and decoding, with the resource that it concerns. For alarms and for tests:
    /// informers mend themselves.</summary>
    /// <remarks>
    /// Called in the informer's own loop, which waits for it: be quick. Calls of several informers may come at a time. What it throws is logged.
    /// Of an object that a view cannot read it is told by whoever reads it first.
    /// The same failures are counted (<c>informer_failures</c>), logged, and shown in <see cref="InformerHealth"/>.
    /// </remarks>
    public Action<KubeResource, ReflectorFailure>? OnFailure { get; init; }
}
