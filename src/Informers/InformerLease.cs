using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>A share in an informer that lives as long as somebody holds a lease on it.</summary>
/// <remarks>
/// Disposing the lease removes the handlers that were added through it, waits for their last calls, and, if no other lease is left, stops the
/// informer and waits until
/// nothing of it runs. Indexes that were added stay with the informer. A second call returns at once. May be used from any thread.
/// </remarks>
/// <typeparam name="T">The model of the informer's objects.</typeparam>
public sealed class InformerLease<T> : IAsyncDisposable
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly ISharedInformer<T> _informer;
    private readonly Func<Task> _release;

    // _gate guards the fields below; it is held for updates of them alone.
    private readonly Lock _gate = new();
    private readonly List<HandlerRegistration> _handlers = [];
    private bool _isDisposed;

    internal InformerLease(ISharedInformer<T> informer, Func<Task> release)
    {
        _informer = informer;
        _release = release;
    }

    /// <summary>The shared informer. A handler that is added to it directly, and not through the lease, stays until it is removed.</summary>
    /// <exception cref="ObjectDisposedException">The lease was disposed.</exception>
    public ISharedInformer<T> Informer
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed), this);
            return _informer;
        }
    }

    /// <summary>Adds a handler for as long as the lease lasts; else as <see cref="ISharedInformer{T}.AddHandler"/>.</summary>
    /// <exception cref="ObjectDisposedException">The lease was disposed, or the informer was stopped.</exception>
    public HandlerRegistration AddHandler(IResourceHandler<T> handler, HandlerOptions? options = null)
    {
        lock (_gate)
        {
            var registration = Informer.AddHandler(handler, options);
            _handlers.Add(registration);
            return registration;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            Volatile.Write(ref _isDisposed, true);
        }

        foreach (var registration in _handlers)
        {
            await registration.DisposeAsync();
        }

        await _release();
    }
}
