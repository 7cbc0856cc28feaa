using System.Diagnostics;
using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>The objects of one informer, by key, namespace and index.</summary>
/// <remarks>
/// Readers take no lock: each call works on the snapshot that it finds. Writers come one at a time; the caller sees to that (<see cref="SharedInformer{T}"/> holds
/// its gate). A store is fed by one or several sources, each of which owns a namespace or, alone, everything.
/// </remarks>
/// <param name="sources">The namespace of each source; a single <see langword="null"/> for one source of everything.</param>
/// <param name="indexFailed">Is told when an index function throws; the object then stands under no value of that index.</param>
internal sealed class IndexedStore<T>(IReadOnlyList<string?> sources, Action<string, ObjectKey, Exception> indexFailed) : ILister<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    // Written under the caller's gate alone; read by anyone.
    private StoreSnapshot<T> _snapshot = StoreSnapshot<T>.Empty;
    private readonly string?[] _versions = new string?[sources.Count];
    private readonly IReadOnlyList<string?> _sources = sources;
    private int _writing;

    public int Count => Snapshot.Count;

    public string? ResourceVersion => Snapshot.ResourceVersion;

    private StoreSnapshot<T> Snapshot => Volatile.Read(ref _snapshot);

    public T? Get(ObjectKey key) => Snapshot.Get(key);

    public IReadOnlyList<T> List(string? ns = null, LabelSelector? selector = null)
    {
        var snapshot = Snapshot;
        if (selector is { IsNothing: true })
        {
            return [];
        }

        T[] all;
        if (ns is null)
        {
            all = new T[snapshot.Count];
            var collected = (Target: all, Index: new int[1]);
            snapshot.Namespaces.ForEach(collected, static (state, _, names) => state.Index[0] = names.CopyValues(state.Target, state.Index[0]));
        }
        else if (snapshot.Namespaces.TryGet(new Text(ns), out var names))
        {
            all = new T[names.Count];
            names.CopyValues(all, 0);
        }
        else
        {
            return [];
        }

        if (selector is null or { IsEverything: true })
        {
            return all;
        }

        var matching = 0;
        foreach (var candidate in all)
        {
            if (selector.Matches(candidate.Metadata.Labels))
            {
                all[matching++] = candidate;
            }
        }

        return all.AsSpan(0, matching).ToArray();
    }

    public IReadOnlyList<T> ByIndex(string index, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        foreach (var candidate in Snapshot.Indexes)
        {
            if (candidate.Name == index)
            {
                if (!candidate.Entries.TryGet(new Text(value), out var bucket))
                {
                    return [];
                }

                var found = new T[bucket.Count];
                bucket.CopyValues(found, 0);
                return found;
            }
        }

        var names = string.Join(", ", Snapshot.Indexes.Select(existing => $"'{existing.Name}'"));
        throw new ArgumentException($"There is no index '{index}'. Add it with AddIndex; existing: {(names.Length == 0 ? "none" : names)}.", nameof(index));
    }

    /// <summary>Adds an index and fills it.</summary>
    public void AddIndex(string name, Func<T, IEnumerable<string>> values)
    {
        using var writing = BeginWrite();
        var snapshot = Snapshot;
        if (snapshot.Indexes.Any(index => index.Name == name))
        {
            throw new ArgumentException($"There is an index '{name}' already.", nameof(name));
        }

        var index = new IndexBuilder(this, new StoreIndex<T>(name, values, PersistentMap<Text, PersistentMap<ObjectKey, T>>.Empty));
        snapshot.Namespaces.ForEach(index, static (builder, ns, names) => names.ForEach(
            (builder, ns),
            static (state, objectName, added) =>
                state.builder.Apply(new StoreChange<T>(new ObjectKey(state.ns.Value.Length == 0 ? null : state.ns.Value, objectName.Value), null, added))));
        Publish(snapshot.Namespaces, [.. snapshot.Indexes, index.ToIndex()], snapshot.Count);
    }

    /// <summary>Adds or updates one object, or (<paramref name="current"/> is <see langword="null"/>) removes it. The version goes with it, if there is one.</summary>
    /// <returns>What changed; old and current are both <see langword="null"/> if an unknown key was removed.</returns>
    public StoreChange<T> Write(int source, ObjectKey key, T? current, string? version)
    {
        using var writing = BeginWrite();
        var snapshot = Snapshot;
        var old = snapshot.Get(key);
        var change = new StoreChange<T>(key, old, current);
        SetVersion(source, version);
        if (old is null && current is null)
        {
            Publish(snapshot.Namespaces, snapshot.Indexes, snapshot.Count);
            return change;
        }

        var ns = new Text(key.Namespace ?? "");
        var names = snapshot.Namespaces.TryGet(ns, out var present) ? present : PersistentMap<Text, T>.Empty;
        names = current is null ? names.Remove(new Text(key.Name)) : names.Set(new Text(key.Name), current);
        var namespaces = names.Count == 0 ? snapshot.Namespaces.Remove(ns) : snapshot.Namespaces.Set(ns, names);
        var indexes = snapshot.Indexes.Length == 0 ? snapshot.Indexes : [.. snapshot.Indexes.Select(index => Apply(index, change))];
        Publish(namespaces, indexes, snapshot.Count + (current is null ? -1 : old is null ? 1 : 0));
        return change;
    }

    /// <summary>The server has come so far, without a change to the objects.</summary>
    public void Advance(int source, string version)
    {
        using var writing = BeginWrite();
        SetVersion(source, version);
        Publish(Snapshot.Namespaces, Snapshot.Indexes, Snapshot.Count);
    }

    /// <summary>Starts to collect a new list for <paramref name="source"/>. Needs no gate until it is committed.</summary>
    public Replacement BeginReplace(int source) => new(this, source);

    /// <summary>Calls <paramref name="visit"/> for every object.</summary>
    public void ForEach<TState>(TState state, Action<TState, ObjectKey, T> visit) =>
        Snapshot.Namespaces.ForEach((state, visit), static (outer, ns, names) => names.ForEach(
            (outer, ns),
            static (inner, name, found) =>
                inner.outer.visit(inner.outer.state, new ObjectKey(inner.ns.Value.Length == 0 ? null : inner.ns.Value, name.Value), found)));

    private StoreIndex<T> Apply(StoreIndex<T> index, StoreChange<T> change)
    {
        var builder = new IndexBuilder(this, index);
        builder.Apply(change);
        return builder.ToIndex();
    }

    private void SetVersion(int source, string? version) => _versions[source] = version ?? _versions[source];

    private void Publish(PersistentMap<Text, PersistentMap<Text, T>> namespaces, StoreIndex<T>[] indexes, int count) =>
        Volatile.Write(ref _snapshot, new StoreSnapshot<T>
        {
            Namespaces = namespaces,
            Indexes = indexes,
            Count = count,
            ResourceVersion = OldestVersion(),
        });

    // With several sources the store as a whole is as old as its oldest part.
    private string? OldestVersion()
    {
        var oldest = _versions[0];
        foreach (var version in _versions.AsSpan(1))
        {
            if (version is null || oldest is null)
            {
                return null;
            }

            if (ResourceVersions.TryCompare(version, oldest, out var order) && order < 0)
            {
                oldest = version;
            }
        }

        return oldest;
    }

    private WriteScope BeginWrite()
    {
        var before = Interlocked.Exchange(ref _writing, 1);
        Debug.Assert(before == 0, "Two writers at once: the informer's gate must be held.");
        return new WriteScope(this);
    }

    private IEnumerable<string> ValuesOf(StoreIndex<T> index, ObjectKey key, T of)
    {
        try
        {
            // Listed here, inside the try: the function may be an iterator.
            return [.. index.Values(of)];
        }
        catch (Exception e)
        {
            indexFailed(index.Name, key, e);
            return [];
        }
    }

    private readonly ref struct WriteScope(IndexedStore<T> store)
    {
        public void Dispose() => Volatile.Write(ref store._writing, 0);
    }

    /// <summary>A new list on its way into the store. Nobody sees it before it is complete.</summary>
    internal sealed class Replacement
    {
        private readonly IndexedStore<T> _store;
        private readonly int _source;
        private readonly string? _scope;
        private readonly Dictionary<string, PersistentMap<Text, T>.Builder> _namespaces = new(StringComparer.Ordinal);

        internal Replacement(IndexedStore<T> store, int source)
        {
            _store = store;
            _source = source;
            _scope = store._sources[source];
        }

        public int Count { get; private set; }

        /// <summary>The list holds this object. If the store has it in the same version, the store's instance stays.</summary>
        public void Add(ObjectKey key, T listed)
        {
            var known = _store.Get(key);
            Put(key, known is not null && IsSame(known.Metadata, listed.Metadata) ? known : listed);
        }

        /// <summary>The list holds an object of this key that cannot be read: what is known of it stays.</summary>
        public void AddUnreadable(ObjectKey key)
        {
            if (_store.Get(key) is { } known)
            {
                Put(key, known);
            }
        }

        /// <summary>What the list holds under this key.</summary>
        public T? Find(ObjectKey key) =>
            _namespaces.TryGetValue(key.Namespace ?? "", out var names) && names.TryGet(new Text(key.Name), out var found) ? found : null;

        /// <summary>Lets the list hold <paramref name="instead"/> under this key, or (<see langword="null"/>) nothing.</summary>
        public void Override(ObjectKey key, T? instead)
        {
            if (_namespaces.TryGetValue(key.Namespace ?? "", out var names) && names.Remove(new Text(key.Name)))
            {
                Count--;
                if (names.Count == 0)
                {
                    _namespaces.Remove(key.Namespace ?? "");
                }
            }

            if (instead is not null)
            {
                Put(key, instead);
            }
        }

        /// <summary>Makes the list the contents of the store (of its source), and then calls <paramref name="tell"/> for every key that differs. The caller holds the gate.</summary>
        public void Commit(string? version, Action<StoreChange<T>> tell)
        {
            List<StoreChange<T>> changes = [];
            using (_store.BeginWrite())
            {
                var before = _store.Snapshot;
                var namespaces = before.Namespaces.ToBuilder();
                var count = before.Count;
                before.Namespaces.ForEach(this, (self, ns, names) =>
                {
                    if (self._scope is not null && self._scope != ns.Value)
                    {
                        return;
                    }

                    var listed = self._namespaces.GetValueOrDefault(ns.Value);
                    count -= names.Count;
                    names.ForEach(ns, (parent, name, old) =>
                    {
                        if (listed is null || !listed.TryGet(name, out var current))
                        {
                            changes.Add(new StoreChange<T>(KeyOf(parent, name), old, null));
                        }
                        else if (!ReferenceEquals(old, current))
                        {
                            changes.Add(new StoreChange<T>(KeyOf(parent, name), old, current));
                        }
                    });
                    if (listed is null)
                    {
                        namespaces.Remove(ns);
                    }
                });
                foreach (var (ns, builder) in _namespaces)
                {
                    var names = builder.ToMap();
                    var known = before.Namespaces.TryGet(new Text(ns), out var present) ? present : PersistentMap<Text, T>.Empty;
                    names.ForEach(new Text(ns), (parent, name, current) =>
                    {
                        if (!known.TryGet(name, out _))
                        {
                            changes.Add(new StoreChange<T>(KeyOf(parent, name), null, current));
                        }
                    });
                    namespaces.Set(new Text(ns), names);
                    count += names.Count;
                }

                var indexes = before.Indexes.Select(index =>
                {
                    var builder = new IndexBuilder(_store, index);
                    foreach (var change in changes)
                    {
                        builder.Apply(change);
                    }

                    return builder.ToIndex();
                }).ToArray();
                _store.SetVersion(_source, version);
                _store.Publish(namespaces.ToMap(), indexes, count);
            }

            foreach (var change in changes)
            {
                tell(change);
            }
        }

        private static ObjectKey KeyOf(Text ns, Text name) => new(ns.Value.Length == 0 ? null : ns.Value, name.Value);

        private static bool IsSame(V1ObjectMeta known, V1ObjectMeta listed) =>
            listed.ResourceVersion is { Length: > 0 } version && version == known.ResourceVersion && listed.Uid == known.Uid;

        private void Put(ObjectKey key, T listed)
        {
            var ns = key.Namespace ?? "";
            if (!_namespaces.TryGetValue(ns, out var names))
            {
                names = PersistentMap<Text, T>.Empty.ToBuilder();
                _namespaces.Add(ns, names);
            }

            names.Set(new Text(key.Name), listed);
            Count++;
        }
    }

    private sealed class IndexBuilder(IndexedStore<T> store, StoreIndex<T> index)
    {
        private readonly PersistentMap<Text, PersistentMap<ObjectKey, T>>.Builder _entries = index.Entries.ToBuilder();

        public void Apply(StoreChange<T> change)
        {
            var current = change.Current is null ? [] : store.ValuesOf(index, change.Key, change.Current);
            if (change.Old is not null)
            {
                foreach (var value in store.ValuesOf(index, change.Key, change.Old).Except(current, StringComparer.Ordinal))
                {
                    Remove(new Text(value), change.Key);
                }
            }

            foreach (var value in current)
            {
                var bucket = _entries.TryGet(new Text(value), out var present) ? present : PersistentMap<ObjectKey, T>.Empty;
                _entries.Set(new Text(value), bucket.Set(change.Key, change.Current!));
            }
        }

        public StoreIndex<T> ToIndex() => index with { Entries = _entries.ToMap() };

        private void Remove(Text value, ObjectKey key)
        {
            if (_entries.TryGet(value, out var bucket))
            {
                bucket = bucket.Remove(key);
                if (bucket.Count == 0)
                {
                    _entries.Remove(value);
                }
                else
                {
                    _entries.Set(value, bucket);
                }
            }
        }
    }
}
