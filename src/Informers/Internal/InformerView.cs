using System.Globalization;
using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>An informer without a cache and a watch of its own: it shows in form <typeparamref name="T"/> what another one holds.</summary>
/// <typeparam name="TStored">The form in which objects are held.</typeparam>
/// <typeparam name="T">The form in which they are shown.</typeparam>
internal sealed class InformerView<TStored, T> : ISharedInformer<T>, IFactoryInformer, IAsyncDisposable
    where TStored : class, IKubernetesObject<V1ObjectMeta>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private static int _indexNumber;   // of the index that was added last, in any view of these types

    private readonly SharedInformer<TStored> _source;
    private readonly KubeResource<T> _resource;
    private readonly ViewForm<TStored, T> _form;
    private readonly ViewReader<TStored, T> _reader;
    private readonly ViewNotes<TStored, T> _notes;
    private readonly ViewLister<TStored, T> _lister;
    private readonly ViewLifetime _lifetime;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenRegistration _sourceStops;

    // _gate guards the fields below; it is held for look-ups, and while a handler or an index is added to the source.
    private readonly Lock _gate = new();
    private readonly HashSet<ViewRegistration> _handlers = [];
    private readonly Dictionary<string, string> _indexes = [];   // their names here and in the source
    private bool _stopped;

    /// <summary>Creates a view.</summary>
    /// <param name="source">Who holds the objects.</param>
    /// <param name="resource">What they are, as the view names it.</param>
    /// <param name="form">How they are read.</param>
    /// <param name="options">What the informers of a factory have in common.</param>
    /// <param name="lifetime">What the factory does when the view stops.</param>
    public InformerView(
        SharedInformer<TStored> source,
        KubeResource<T> resource,
        ViewForm<TStored, T> form,
        SharedInformerFactoryOptions options,
        ViewLifetime lifetime)
    {
        _source = source;
        _resource = resource;
        _form = form;
        _lifetime = lifetime;
        _reader = new ViewReader<TStored, T>(source, resource, form, options);
        _notes = new ViewNotes<TStored, T>(source);
        _lister = new ViewLister<TStored, T>(source.Lister, _reader, _notes);
        source.Attach(_reader);
        _sourceStops = source.Stopping.Register(_stopping.Cancel);
    }

    public KubeResource Resource => _resource;

    public InformerScope Scope => _source.Scope;

    public IStoredInformer Stored => _source;

    public bool HasSynced => _source.HasSynced;

    public ILister<T> Lister => _lister;

    public InformerHealth Health => _source.Health with { InvalidObjects = InvalidObjects.Count };

    public IReadOnlyList<InvalidObject> InvalidObjects
    {
        get
        {
            // What the source cannot read either is newer than what it shows.
            var invalid = _reader.Invalid().ToDictionary(seen => seen.Invalid!.Key, seen => seen.Invalid!);
            foreach (var unstored in _source.InvalidObjects)
            {
                invalid[unstored.Key] = unstored;
            }

            return [.. invalid.Values];
        }
    }

    public void Start()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _stopped), this);
        _source.Start();
    }

    public Task WaitForSyncAsync(CancellationToken cancellationToken = default) => UntilStoppedAsync(_source.WaitForSyncAsync, cancellationToken);

    public IObjectIndex<string, T> AddIndex(string name, Func<T, IEnumerable<string>> values) => AddIndex<string>(name, values);

    public IObjectIndex<TValue, T> AddIndex<TValue>(string name, Func<T, IEnumerable<TValue>> values)
        where TValue : notnull
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(values);

        string nameInSource;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            nameInSource = string.Create(CultureInfo.InvariantCulture, $"{name} (of {typeof(T)}, {Interlocked.Increment(ref _indexNumber)})");
            if (!_indexes.TryAdd(name, nameInSource))
            {
                throw new ArgumentException($"There is an index '{name}' already.", nameof(name));
            }
        }

        try
        {
            return AddIndex(name, nameInSource, values);
        }
        catch
        {
            lock (_gate)
            {
                if (IsReservedLocked(name, nameInSource))
                {
                    _indexes.Remove(name);
                }
            }

            throw;
        }
    }

    public bool RemoveIndex(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        string? nameInSource;
        lock (_gate)
        {
            if (!_indexes.Remove(name, out nameInSource))
            {
                return false;
            }

            _lister.Remove(name);
        }

        // It is not there if it is just being added: then who adds it takes it out.
        _source.RemoveIndex(nameInSource);
        return true;
    }

    public void SetTransform(Func<T, T> transform) => throw new InvalidOperationException(
        $"This informer of {_resource} as {typeof(T).Name} is a view of the one that holds {typeof(TStored).Name}, and stores nothing. "
        + $"Set the transform on the informer of {typeof(TStored).Name}, or give it to the factory when this one is asked for first: "
        + "then it has a cache of its own.");

    public HandlerRegistration AddHandler(IResourceHandler<T> handler, HandlerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            var registration = new ViewRegistration(_source.AddHandler(new ViewHandler<TStored, T>(_reader, handler), options), Forget);
            _handlers.Add(registration);
            return registration;
        }
    }

    public IAsyncEnumerable<ResourceChange<T>> ReadChangesAsync(HandlerOptions? options = null, CancellationToken cancellationToken = default) =>
        ChangeReader<T>.ReadAllAsync(reader => AddHandler(reader, options), _stopping.Token, cancellationToken);

    public ValueTask<T?> GetAsync(ObjectKey key, string atLeast, TimeSpan deadline, CancellationToken cancellationToken = default) =>
        // The usual case, and what only the view shows.
        _lister.Get(key) is { } shown && ResourceVersions.IsAtLeast(shown.Metadata.ResourceVersion, atLeast)
            ? ValueTask.FromResult<T?>(shown)
            : new ValueTask<T?>(GetStoredAsync(key, atLeast, deadline, cancellationToken));

    public async Task<T?> WaitForAsync(ObjectKey key, Func<T?, bool> until, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(until);
        T? seen = null;
        await UntilStoppedAsync(token => _source.WaitForAsync(key, _ => until(seen = _lister.Get(key)), token), cancellationToken);
        return seen;
    }

    public Task WaitForCacheAsync(Func<ILister<T>, bool> until, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(until);
        return UntilStoppedAsync(token => _source.WaitForCacheAsync(_ => until(_lister), token), cancellationToken);
    }

    public void NoteWrite(T answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        if (answer.Metadata is not { Name.Length: > 0 } metadata)
        {
            throw new ArgumentException($"The answer has no metadata with a name: it is no {_resource.Kind}.", nameof(answer));
        }

        var key = ObjectKey.Of(answer);
        if (OwnWrites.ShowEnd(answer))
        {
            NoteDelete(key, metadata.Uid, metadata.ResourceVersion);
        }
        else if (!Volatile.Read(ref _stopped)
            && _source.WouldBeNews(key, metadata.Uid, metadata.ResourceVersion, isShown: _lister.Get(key) is not null))
        {
            _notes.Add(key, metadata.Uid, metadata.ResourceVersion, _source.IsInScope(key, answer) ? answer : null);
            _source.Wake(key);
        }
    }

    public T? NoteWrite(ReadOnlySpan<byte> answer)
    {
        if (_form.ReadPart(answer) is { } part)
        {
            NoteWrite(part);
            return _lister.Get(ObjectKey.Of(part)) is { Metadata: var known } shown
                && known.Uid == part.Metadata.Uid && known.ResourceVersion == part.Metadata.ResourceVersion
                    ? shown
                    : null;
        }

        // What the view alone shows in its place is newer.
        return _source.NoteWrite(answer) is { } stored && !_notes.TryGet(ObjectKey.Of(stored), out _) ? _reader.Look(stored).Object : null;
    }

    public void NoteDelete(ObjectKey key, string? uid = null, string? resourceVersion = null)
    {
        TakeBack(key, ref uid, ref resourceVersion);
        _source.NoteDelete(key, uid, resourceVersion);
    }

    public void TakeBack(ObjectKey key, ref string? uid, ref string? resourceVersion)
    {
        if (_notes.TryRemove(key, ref uid, ref resourceVersion))
        {
            _source.Wake(key);
        }
    }

    public async Task StopAsync()
    {
        ViewRegistration[] handlers;
        string[] indexes;
        bool first;
        lock (_gate)
        {
            first = !_stopped;
            _stopped = true;
            handlers = [.. _handlers];
            indexes = [.. _indexes.Values];
        }

        if (first)
        {
            _lifetime.StopBegun(this);
        }

        // Not CancelAsync, which goes to the thread pool: all stays on the scheduler.
        _stopping.Cancel();
        await Task.WhenAll(handlers.Select(handler => handler.DisposeAsync().AsTask()));

        _source.Detach(_reader, indexes);
        _sourceStops.Unregister();
        await _lifetime.Release();
        _lifetime.StopEnded(this);
    }

    public ValueTask DisposeAsync() => new(StopAsync());

    public string DescribeLate() => Volatile.Read(ref _stopped) ? $"{_resource} ({Scope}) has not synced: it was stopped" : _source.DescribeLate();

    private ViewIndex<TStored, T, TValue> AddIndex<TValue>(string name, string nameInSource, Func<T, IEnumerable<TValue>> values)
        where TValue : notnull
    {
        // What is there, and what comes from now on, is read before the source's index asks for it with its gate held.
        _reader.ReadsAhead = true;
        foreach (var stored in _source.Lister.List())
        {
            _reader.Read(stored);
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            var ofStored = _source.AddIndex(nameInSource, stored => _reader.Read(stored) is { } shown ? values(shown) : []);
            var index = new ViewIndex<TStored, T, TValue>(name, ofStored, values, _lister);
            if (IsReservedLocked(name, nameInSource))
            {
                _lister.Add(index);
            }
            else
            {
                // Removed since its name was reserved: what is returned says so to whoever asks it.
                _source.RemoveIndex(nameInSource);
            }

            return index;
        }
    }

    // Not removed meanwhile, nor added again under this name.
    private bool IsReservedLocked(string name, string nameInSource) => _indexes.GetValueOrDefault(name) == nameInSource;

    private async Task<T?> GetStoredAsync(ObjectKey key, string atLeast, TimeSpan deadline, CancellationToken cancellationToken)
    {
        TStored? found = null;
        await UntilStoppedAsync(async token => found = await _source.GetAsync(key, atLeast, deadline, token), cancellationToken);
        return found is null ? null : _reader.Read(found);
    }

    private async Task UntilStoppedAsync(Func<CancellationToken, Task> wait, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        try
        {
            await wait(either.Token);
        }
        catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
        catch (OperationCanceledException e) when (_stopping.IsCancellationRequested)
        {
            throw new OperationCanceledException($"{_resource} ({Scope}) was stopped; what is waited for does not come any more.", e);
        }
    }

    private void Forget(ViewRegistration handler)
    {
        lock (_gate)
        {
            _handlers.Remove(handler);
        }
    }
}
