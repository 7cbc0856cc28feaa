using System.Runtime.CompilerServices;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Informers;

/// <summary>Shows stored objects in another form.</summary>
/// <remarks>
/// Each is read once, when somebody asks for it first, and is one instance for as long as it is stored.
/// May be used from any thread. Nothing is read with a lock held.
/// </remarks>
internal sealed partial class ViewReader<TStored, T> : IStoredView<TStored>
    where TStored : class, IKubernetesObject<V1ObjectMeta>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private const int FirstSweep = 16;

    private readonly SharedInformer<TStored> _source;
    private readonly KubeResource<T> _resource;
    private readonly ViewForm<TStored, T> _form;
    private readonly ILogger _logger;
    private readonly FailureListener _listener;
    private readonly ConditionalWeakTable<TStored, ViewedObject<T>> _seen = [];

    // _gate guards the fields below; it is held for look-ups alone.
    private readonly Lock _gate = new();
    private readonly Dictionary<TStored, ViewedObject<T>> _invalid = new(ReferenceEqualityComparer.Instance);
    private int _sweepAt = FirstSweep;
    private int _invalidCount;   // of _invalid; read by anyone

    /// <param name="source">Who holds the objects.</param>
    /// <param name="resource">What they are, as the view names it.</param>
    /// <param name="form">How they are read.</param>
    /// <param name="options">Those of the informers.</param>
    public ViewReader(SharedInformer<TStored> source, KubeResource<T> resource, ViewForm<TStored, T> form, SharedInformerFactoryOptions options)
    {
        _source = source;
        _resource = resource;
        _form = form;
        _logger = options.LoggerFactory.CreateLogger("CrMonitor.Informers");
        _listener = new FailureListener(resource, options, _logger);
    }

    /// <summary>There may be objects that cannot be read.</summary>
    public bool MayFail => _form.MayFail;

    /// <summary>Objects are read before they come into the cache: somebody looks at all of them.</summary>
    public bool ReadsAhead
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    public int InvalidCount => Volatile.Read(ref _invalidCount) == 0 ? 0 : Invalid().Count;

    /// <summary>What is shown for this object; <see langword="null"/> if it cannot be read, and no state before it was.</summary>
    public T? Read(TStored stored) => Look(stored).Shown;

    /// <summary>The object, read.</summary>
    public ViewedObject<T> Look(TStored stored) => _seen.TryGetValue(stored, out var seen) && seen.IsRead ? seen : ReadFirst(stored);

    public void Expect(TStored? before, TStored coming)
    {
        if (_form.MayFail && before is not null && _seen.TryGetValue(before, out var seen) && seen.Shown is { } last)
        {
            _seen.TryAdd(coming, new ViewedObject<T>(last));
        }

        if (ReadsAhead)
        {
            Look(coming);
        }
    }

    /// <summary>The cached objects that somebody has tried to read, and that cannot be.</summary>
    public IReadOnlyList<ViewedObject<T>> Invalid()
    {
        if (Volatile.Read(ref _invalidCount) == 0)
        {
            return [];
        }

        lock (_gate)
        {
            SweepLocked();
            return [.. _invalid.Where(entry => IsCached(entry.Key, entry.Value)).Select(entry => entry.Value)];
        }
    }

    private ViewedObject<T> ReadFirst(TStored stored)
    {
        var seen = _seen.GetValue(stored, static _ => new ViewedObject<T>(null));
        var read = _form.Read(stored);
        if (read.Object is { } shown)
        {
            seen.Become(shown);
        }
        else if (seen.Become(read.Invalid!))
        {
            Remember(stored, seen);
            Report(read);
        }

        return seen;
    }

    private void Remember(TStored stored, ViewedObject<T> invalid)
    {
        lock (_gate)
        {
            if (_invalid.Count >= _sweepAt)
            {
                SweepLocked();
                _sweepAt = Math.Max(FirstSweep, 2 * _invalid.Count);
            }

            _invalid.Add(stored, invalid);
            Volatile.Write(ref _invalidCount, _invalid.Count);
        }
    }

    // What the cache does not show is forgotten, unless it is only on its way there.
    private void SweepLocked()
    {
        foreach (var (stored, seen) in _invalid)
        {
            if (!IsCached(stored, seen) && _source.HasReached(seen.Invalid!.Key, seen.Invalid.ResourceVersion))
            {
                _invalid.Remove(stored);
            }
        }

        Volatile.Write(ref _invalidCount, _invalid.Count);
    }

    private bool IsCached(TStored stored, ViewedObject<T> seen) => ReferenceEquals(_source.Lister.Get(seen.Invalid!.Key), stored);

    private void Report(DecodedObject<T> invalid)
    {
        var (key, error) = (invalid.Key!.Value, invalid.Error!);
        LogUnreadable(_resource, key, invalid.ResourceVersion, typeof(T), error.Message);
        _listener.TellInvalid(key.ToString(), error);
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{Resource}: the object {Key} (resourceVersion {ResourceVersion}) cannot be read as {Type} and is left as last known: {Error}")]
    private partial void LogUnreadable(KubeResource resource, ObjectKey key, string? resourceVersion, Type type, string error);
}
