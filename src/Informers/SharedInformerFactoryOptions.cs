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

    /// <summary>The source of jitter in delays and watch timeouts. It must be safe for use by several threads unless the scheduler has only one.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>Decode <c>metadata.managedFields</c> too. They are often a third of an object, and a cache seldom has a use for them.</summary>
    /// <value><see langword="false"/> by default: they are skipped.</value>
    public bool KeepManagedFields { get; init; }

    /// <summary>
    /// Changes every object, of any kind, before it is stored: to leave out what nobody reads. For one kind alone there is
    /// <see cref="ISharedInformer{T}.SetTransform"/>, whose rules hold here too.
    /// </summary>
    /// <value><see langword="null"/> by default. The function returns an object of the type that it was given, usually the same one.</value>
    public Func<IKubernetesObject<V1ObjectMeta>, IKubernetesObject<V1ObjectMeta>>? Transform { get; init; }

    /// <summary>
    /// Watch over the cached objects, which are shared and must not be changed: an object that was is named in the log, as an error, when it leaves the cache,
    /// at the next list, or when the informer stops. For tests: it writes every object as JSON twice.
    /// </summary>
    /// <value><see langword="false"/> by default; <see langword="true"/> in a debug build of this library.</value>
    public bool DetectMutations { get; init; } =
#if DEBUG
        true;
#else
        false;
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
    /// The least time that the server is asked to keep one watch open; the actual time is drawn between this and twice this, so that watches do not end together.
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
}
