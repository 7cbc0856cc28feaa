using System.Runtime.CompilerServices;
using System.Threading.Channels;
using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>A handler whose calls last as long as the reader works on what it was handed: so the mailbox merges what happens meanwhile.</summary>
internal sealed class ChangeReader<T> : IResourceHandler<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly Channel<ResourceChange<T>> _handedOver = Channel.CreateBounded<ResourceChange<T>>(1);
    private readonly Channel<bool> _done = Channel.CreateBounded<bool>(1);
    private bool _isReading;

    public async ValueTask HandleAsync(ResourceChange<T> change, CancellationToken cancellationToken)
    {
        // Between two calls nothing is left in the channel.
        _handedOver.Writer.TryWrite(change);
        await _done.Reader.ReadAsync(cancellationToken);
    }

    /// <summary>
    /// The next change, when there is one; <see langword="null"/> after <see cref="End"/>. For one reader, which is done with the one before.
    /// </summary>
    public async ValueTask<ResourceChange<T>?> NextAsync(CancellationToken cancellationToken)
    {
        if (_isReading)
        {
            _isReading = false;
            _done.Writer.TryWrite(true);
        }

        if (!await _handedOver.Reader.WaitToReadAsync(cancellationToken) || !_handedOver.Reader.TryRead(out var change))
        {
            return null;
        }

        _isReading = true;
        return change;
    }

    /// <summary>All changes from now on, until <paramref name="stopping"/> is cancelled.</summary>
    /// <param name="add">Adds the reader to what it reads.</param>
    /// <param name="stopping">What the enumeration ends with.</param>
    /// <param name="cancellationToken">Breaks the enumeration off.</param>
    public static async IAsyncEnumerable<ResourceChange<T>> ReadAllAsync(
        Func<ChangeReader<T>, HandlerRegistration> add, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = new ChangeReader<T>();
        await using var registration = add(reader);
        await using var stopped = stopping.Register(reader.End);
        while (await reader.NextAsync(cancellationToken) is { } change)
        {
            yield return change;
        }
    }

    /// <summary>No change follows.</summary>
    public void End() => _handedOver.Writer.TryComplete();
}
