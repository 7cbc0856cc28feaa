namespace CrMonitor.Informers;

/// <summary>Reading that waits, and what was written by the reader himself.</summary>
internal sealed partial class SharedInformer<T>
{
    public ValueTask<T?> GetAsync(ObjectKey key, string atLeast, TimeSpan deadline, CancellationToken cancellationToken = default)
    {
        if (!ResourceVersions.IsComparable(atLeast))
        {
            throw new ArgumentException(
                $"'{atLeast}' is no resourceVersion that others can be compared with. Take it from an object that the server has answered.",
                nameof(atLeast));
        }

        // The usual case, without the gate.
        return _store.Get(key) is { } cached && ResourceVersions.IsAtLeast(_form.VersionOf(cached), atLeast)
            ? ValueTask.FromResult<T?>(cached)
            : new ValueTask<T?>(GetSlowlyAsync(key, atLeast, deadline, cancellationToken));
    }

    public Task<T?> WaitForAsync(ObjectKey key, Func<T?, bool> until, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(until);
        return WaitAsync(key, null, () => _store.Get(key), until, cancellationToken);
    }

    public Task WaitForCacheAsync(Func<ILister<T>, bool> until, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(until);
        return WaitAsync(null, null, () => Lister, until, cancellationToken);
    }

    public IAsyncEnumerable<ResourceChange<T>> ReadChangesAsync(HandlerOptions? options = null, CancellationToken cancellationToken = default) =>
        ChangeReader<T>.ReadAllAsync(reader => AddHandler(reader, options), _stopping.Token, cancellationToken);

    public void NoteWrite(T answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var hasName = answer is DynamicObject undecoded ? undecoded.HasName : answer.Metadata is { Name.Length: > 0 };
        if (!hasName)
        {
            throw new ArgumentException($"The answer has no metadata with a name: it is no {_resource.Kind}.", nameof(answer));
        }

        NoteWrite(new DecodedObject<T>(answer, ObjectKey.Of(answer), _form.VersionOf(answer), null));
    }

    public T? NoteWrite(ReadOnlySpan<byte> answer)
    {
        // The watch was faster. Not so the write that ends an object: its answer may have the version that was there before.
        var header = ObjectHeader.Read(answer);
        if (answer.IndexOf("\"deletionTimestamp\""u8) < 0
            && header.Key is { } named && _store.Get(named) is { } held && _form.IsSame(held, header))
        {
            return held;
        }

        var decoded = _answers.Decode(answer, header);
        if (decoded.Key is not { } key)
        {
            throw new ArgumentException($"The answer has no metadata with a name: it is no {_resource.Kind}.", nameof(answer), decoded.Error);
        }

        if (decoded.Object is null)
        {
            LogAnswerNotTaken(decoded.Error, _resource, key);
            return null;
        }

        NoteWrite(decoded);
        return _store.Get(key) is { } shown && _form.IsSame(shown, header) ? shown : null;
    }

    void IStoredInformer.NoteWrite(ReadOnlySpan<byte> answer) => NoteWrite(answer);

    public void NoteDelete(ObjectKey key, string? uid = null, string? resourceVersion = null)
    {
        if (SourceOf(key) is { } source)
        {
            lock (_gate)
            {
                if (!_stopped)
                {
                    source.NoteDeleteLocked(key, uid, resourceVersion, null);
                }
            }
        }
    }

    // What it shows, it has stored.
    void IFactoryInformer.TakeBack(ObjectKey key, ref string? uid, ref string? resourceVersion)
    {
    }

    private void NoteWrite(DecodedObject<T> answer)
    {
        var key = answer.Key!.Value;
        if (SourceOf(key) is not { } source || !ResourceVersions.IsComparable(answer.ResourceVersion))
        {
            return;
        }

        // Before the transform, which may leave labels out.
        var isInScope = source.Scope.LabelSelector.Matches(answer.Object!);
        var prepared = source.Prepare(answer);
        if (prepared.Object is null)
        {
            LogAnswerNotTaken(prepared.Error, _resource, key);
            return;
        }

        lock (_gate)
        {
            if (!_stopped)
            {
                source.NoteWriteLocked(key, prepared.Object, prepared.ResourceVersion!, isInScope, prepared.Bytes);
            }
        }
    }

    private async Task<T?> GetSlowlyAsync(ObjectKey key, string atLeast, TimeSpan deadline, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(deadline, _options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            var (_, found) = await WaitAsync(key, atLeast, () => LookLocked(key, atLeast), look => look.IsReached, either.Token);
            return found;
        }
        catch (OperationCanceledException e) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested && !IsStopped)
        {
            throw new StaleCacheException(_resource, key, atLeast, _store.ResourceVersion, deadline, e);
        }
    }

    private (bool IsReached, T? Found) LookLocked(ObjectKey key, string atLeast)
    {
        var found = _store.Get(key);
        var source = SourceOf(key);
        var isReached = (found is not null && ResourceVersions.IsAtLeast(_form.VersionOf(found), atLeast))
            || source is null
            || ResourceVersions.IsAtLeast(source.Version, atLeast)
            || ResourceVersions.IsAtLeast(source.NotedVersionLocked(key), atLeast);
        return (isReached, found);
    }

    /// <summary>
    /// Looks (with the gate held), and looks again whenever a change concerns <paramref name="key"/> and <paramref name="version"/>, until it is so.
    /// </summary>
    private async Task<TSeen> WaitAsync<TSeen>(
        ObjectKey? key, string? version, Func<TSeen> look, Func<TSeen, bool> until, CancellationToken cancellationToken)
    {
        while (true)
        {
            var waiter = new CacheWaiter(key, version);
            TSeen seen;
            lock (_gate)
            {
                if (_stopped)
                {
                    throw new OperationCanceledException($"{_resource} ({Scope}) was stopped; what is waited for does not come any more.");
                }

                seen = look();
                _waiters.Add(waiter);
            }

            try
            {
                if (until(seen))
                {
                    return seen;
                }

                await waiter.Woken.WaitAsync(cancellationToken);
            }
            finally
            {
                lock (_gate)
                {
                    _waiters.Remove(waiter);
                }
            }
        }
    }

    private void WakeLocked(ObjectKey? changed, string? reached)
    {
        foreach (var waiter in _waiters)
        {
            if (waiter.IsConcernedBy(changed, reached))
            {
                waiter.Wake();
            }
        }
    }

    private void WakeAllLocked() => _waiters.ForEach(waiter => waiter.Wake());

    private Source? SourceOf(ObjectKey key) => Array.Find(_sources, source => source.Holds(key));

    private DecodedObject<T> Transform(DecodedObject<T> decoded, T fresh)
    {
        var uid = fresh.Metadata.Uid;
        try
        {
            var transformed = fresh;
            if (_options.Transform is { } common)
            {
                transformed = common(transformed) as T ?? throw new InvalidOperationException(
                    $"The factory's transform did not return a {typeof(T).Name}. It must return an object of the type that it is given.");
            }

            if (_transform is { } own)
            {
                transformed = own(transformed) ?? throw new InvalidOperationException("The transform returned null.");
            }

            var metadata = transformed.Metadata;
            var isSame = metadata is not null && ObjectKey.Of(transformed) == decoded.Key
                && metadata.Uid == uid && metadata.ResourceVersion == decoded.ResourceVersion;
            return isSame
                ? decoded with { Object = transformed }
                : throw new InvalidOperationException(
                    "The transform changed the name, namespace, uid or resourceVersion, by which changes are told apart. It must leave these alone.");
        }
        catch (Exception e)
        {
            // The user's function may throw what it likes: it concerns this object alone, which becomes an invalid one.
            var invalid = new InvalidObject
            {
                Key = decoded.Key!.Value,
                Uid = uid,
                ResourceVersion = decoded.ResourceVersion,
                Error = e,
                JsonPath = null,
                Json = default,
            };
            return decoded with { Object = null, Error = e, Invalid = invalid };
        }
    }
}
