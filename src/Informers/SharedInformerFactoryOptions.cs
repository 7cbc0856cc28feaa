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

    /// <summary>The most bytes that an object may have as JSON. A larger one is refused before it is read whole, and told as an <see cref="InvalidObject"/>.</summary>
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
