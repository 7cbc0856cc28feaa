using System.Collections;
using System.Diagnostics;
using System.Runtime.InteropServices;
using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>The objects of one informer, by key, namespace and index.</summary>
/// <remarks>
/// Readers take no lock: each call works on the snapshot that it finds. Writers come one at a time; the caller sees to that
/// (<see cref="SharedInformer{T}"/> holds its gate). A store is fed by one or several sources, each of which owns a namespace or, alone, everything.
/// </remarks>
/// <param name="form">How its objects are held.</param>
/// <param name="sources">The namespace of each source; a single <see langword="null"/> for one source of everything.</param>
/// <param name="indexFailed">Is told when an index function throws; the object then stands under no value of that index.</param>
internal sealed class IndexedStore<T>(
    ObjectForm<T> form, IReadOnlyList<string?> sources, Action<string, ObjectKey, Exception> indexFailed) : ILister<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    // Written under the caller's gate alone; read by anyone.
    private StoreSnapshot<T> _snapshot = StoreSnapshot<T>.Empty;
    private readonly string?[] _versions = new string?[sources.Count];
    private readonly IReadOnlyList<string?> _sources = sources;
    private readonly ObjectForm<T> _form = form;
    private int _writing;

    public int Count => Snapshot.Objects.Count;

    public string? ResourceVersion => Snapshot.ResourceVersion;

    /// <summary>The length of all objects as JSON, as far as it is known.</summary>
    public long Bytes => Snapshot.Bytes;

    internal StoreSnapshot<T> Snapshot => Volatile.Read(ref _snapshot);

    public T? Get(ObjectKey key) => Snapshot.Get(key);

    /// <summary>The version of an object; <see langword="null"/> if there is none of this key.</summary>
    public string? VersionOf(ObjectKey key) => Get(key) is { } held ? _form.VersionOf(held) : null;

    public IReadOnlyList<T> List(string? ns = null, LabelSelector? selector = null, Func<T, bool>? predicate = null)
    {
        var snapshot = Snapshot;
        if (selector is { IsNothing: true })
        {
            return [];
        }

        var inNamespace = ObjectList<T, StoredItem<T>>.Empty;
        if (ns is not null && !snapshot.Namespaces.TryGet(new Text(ns), out inNamespace))
        {
            return [];
        }

        if (selector is null or { IsEverything: true } && predicate is null)
        {
            var all = new T[ns is null ? snapshot.Objects.Count : inNamespace.Count];
            if (ns is not null)
            {
                inNamespace.CopyTo(all);
            }
            else
            {
                snapshot.Namespaces.ForEach(new Filling(all), static (target, _, list) => list.CopyTo(target.Take(list.Count)));
            }

            return all;
        }

        var search = new Search(selector ?? LabelSelector.Everything, predicate);
        if (ns is not null)
        {
            search.Look(inNamespace);
        }
        else
        {
            snapshot.Namespaces.ForEach(search, static (searching, _, list) => searching.Look(list));
        }

        return search.Found;
    }

    public IReadOnlyList<T> ByIndex(string index, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        foreach (var candidate in Snapshot.Indexes)
        {
            if (candidate.Name == index)
            {
                return candidate is StoreIndex<T, string> found
                    ? found.Find(value)
                    : throw new ArgumentException($"The values of the index '{index}' are no strings. Ask what AddIndex returned.", nameof(index));
            }
        }

        var names = string.Join(", ", Snapshot.Indexes.Select(existing => $"'{existing.Name}'"));
        throw new ArgumentException(
            $"There is no index '{index}'. Add it with AddIndex; existing: {(names.Length == 0 ? "none" : names)}.", nameof(index));
    }

    /// <summary>Adds an index and fills it.</summary>
    public IObjectIndex<TValue, T> AddIndex<TValue>(string name, Func<T, IEnumerable<TValue>> values)
        where TValue : notnull
    {
        using var writing = BeginWrite();
        var snapshot = Snapshot;
        if (snapshot.Indexes.Any(index => index.Name == name))
        {
            throw new ArgumentException($"There is an index '{name}' already.", nameof(name));
        }

        var present = new List<StoreChange<T>>(snapshot.Objects.Count);
        snapshot.Objects.ForEach(present, static (changes, key, found) => changes.Add(new StoreChange<T>(key.Key, null, found.Object)));
        var index = new StoreIndex<T, TValue>(name, values, indexFailed).With(CollectionsMarshal.AsSpan(present));
        Publish(snapshot.Objects, snapshot.Namespaces, [.. snapshot.Indexes, index], snapshot.Bytes);
        return new IndexHandle<T, TValue>(this, name, index.Identity, snapshot.Indexes.Length);
    }

    /// <summary>Takes an index out, if it is there.</summary>
    public bool RemoveIndex(string name)
    {
        using var writing = BeginWrite();
        var before = Snapshot;
        var left = Array.FindAll(before.Indexes, index => index.Name != name);
        if (left.Length == before.Indexes.Length)
        {
            return false;
        }

        Publish(before.Objects, before.Namespaces, left, before.Bytes);
        return true;
    }

    /// <summary>
    /// Adds or updates one object, or (<paramref name="current"/> is <see langword="null"/>) removes it. The version goes with it, if there is one.
    /// </summary>
    /// <returns>What changed; old and current are both <see langword="null"/> if an unknown key was removed.</returns>
    public StoreChange<T> Write(int source, ObjectKey key, T? current, string? version, int bytes = 0)
    {
        using var writing = BeginWrite();
        var before = Snapshot;
        var contents = new ContentsBuilder(before, 1);
        var change = new StoreChange<T>(key, contents.Apply(key, current, bytes), current, bytes);
        SetVersion(source, version);
        Publish(before, contents, change.Old is null && current is null ? [] : new ReadOnlySpan<StoreChange<T>>(in change));
        return change;
    }

    /// <summary>Does several writes in turn, which readers see all at once.</summary>
    /// <param name="source">Whose writes they are.</param>
    /// <param name="writes">A key may occur more than once.</param>
    /// <param name="changes">Takes what changed; nothing for the removal of an unknown key.</param>
    public void Write(int source, ReadOnlySpan<WatchedChange<T>> writes, List<StoreChange<T>> changes)
    {
        using var writing = BeginWrite();
        var before = Snapshot;
        var contents = new ContentsBuilder(before, writes.Length);
        foreach (ref readonly var write in writes)
        {
            SetVersion(source, write.Version);
            var old = contents.Apply(write.Key, write.Current, write.Bytes);
            if (old is not null || write.Current is not null)
            {
                changes.Add(new StoreChange<T>(write.Key, old, write.Current, write.Bytes) { Final = write.Final });
            }
        }

        Publish(before, contents, CollectionsMarshal.AsSpan(changes));
    }

    /// <summary>The server has come so far, without a change to the objects.</summary>
    public void Advance(int source, string version)
    {
        using var writing = BeginWrite();
        SetVersion(source, version);
        var before = Snapshot;
        Publish(before.Objects, before.Namespaces, before.Indexes, before.Bytes);
    }

    /// <summary>Starts to collect a new list for <paramref name="source"/>. Needs no gate until it is committed.</summary>
    public Replacement BeginReplace(int source) => new(this, source);

    /// <summary>Calls <paramref name="visit"/> for every object.</summary>
    public void ForEach<TState>(TState state, Action<TState, ObjectKey, T> visit) =>
        Snapshot.Objects.ForEach((state, visit), static (outer, key, found) => outer.visit(outer.state, key.Key, found.Object));

    // The changes say truly what was there before.
    private void Publish(StoreSnapshot<T> before, ContentsBuilder contents, ReadOnlySpan<StoreChange<T>> changes)
    {
        var indexes = before.Indexes.Length == 0 ? before.Indexes : new StoreIndex<T>[before.Indexes.Length];
        for (var i = 0; i < indexes.Length; i++)
        {
            indexes[i] = before.Indexes[i].With(changes);
        }

        var (objects, namespaces) = contents.ToMaps();
        Publish(objects, namespaces, indexes, contents.Bytes);
    }

    private void SetVersion(int source, string? version) => _versions[source] = version ?? _versions[source];

    private void Publish(
        PersistentMap<StoredKey, StoredPlace<T>> objects,
        PersistentMap<Text, ObjectList<T, StoredItem<T>>> namespaces,
        StoreIndex<T>[] indexes,
        long bytes) =>
        Volatile.Write(ref _snapshot, new StoreSnapshot<T>
        {
            Objects = objects,
            Namespaces = namespaces,
            Indexes = indexes,
            ResourceVersion = OldestVersion(),
            Bytes = bytes,
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
        private readonly StoreSnapshot<T> _before;

        // What the list has as the store has it, by namespace and by the places of `_before`: a bit an object, so that a list without news costs next
        // to nothing.
        private readonly Dictionary<string, BitArray> _kept = new(StringComparer.Ordinal);
        private readonly Dictionary<ObjectKey, (T Object, int Bytes)> _news = [];

        internal Replacement(IndexedStore<T> store, int source)
        {
            _store = store;
            _source = source;
            _scope = store._sources[source];
            _before = store.Snapshot;
        }

        public int Count { get; private set; }

        /// <summary>
        /// The list holds this object. If the store has it in the same version, the store's instance is taken, and the listed one need not be
        /// decoded.
        /// </summary>
        /// <returns><see langword="false"/> if the store does not have it: it is to be decoded and added.</returns>
        public bool TryKeep(in ObjectHeader listed)
        {
            if (_before.Objects.Count == 0 || listed.Key is not { } key || !_before.Objects.TryGet(new StoredKey(key), out var known) || !_store._form.IsSame(known.Object, listed))
            {
                return false;
            }

            Keep(key, known.Position);
            return true;
        }

        /// <summary>The list holds this object. If the store has it in the same version, the store's instance stays.</summary>
        public void Add(ObjectKey key, T listed, int bytes = 0)
        {
            if (_before.Objects.TryGet(new StoredKey(key), out var known) && _store._form.IsSame(known.Object, listed))
            {
                Keep(key, known.Position);
            }
            else
            {
                Override(key, listed, bytes);
            }
        }

        /// <summary>The list holds an object of this key that cannot be read: what is known of it stays.</summary>
        public void AddUnreadable(ObjectKey key)
        {
            if (!_news.ContainsKey(key) && _before.Objects.TryGet(new StoredKey(key), out var known))
            {
                Keep(key, known.Position);
            }
        }

        /// <summary>What the list holds under this key.</summary>
        public T? Find(ObjectKey key) =>
            _news.TryGetValue(key, out var listed) ? listed.Object
            : IsKept(new StoredKey(key), key.Namespace, out var known) ? known.Object
            : null;

        /// <summary>Lets the list hold <paramref name="instead"/> under this key, or (<see langword="null"/>) nothing.</summary>
        public void Override(ObjectKey key, T? instead, int bytes = 0)
        {
            if (_news.Remove(key, out var listed))
            {
                bytes = bytes == 0 ? listed.Bytes : bytes;
                Count--;
            }
            else if (IsKept(new StoredKey(key), key.Namespace, out var known))
            {
                _kept[key.Namespace ?? ""][known.Position] = false;
                Count--;
            }

            if (instead is not null)
            {
                _news.Add(key, (instead, bytes));
                Count++;
            }
        }

        /// <summary>Makes the list the contents of the store (of its source). The caller holds the gate.</summary>
        /// <returns>Every key that differs, once.</returns>
        public ReadOnlySpan<StoreChange<T>> Commit(string? version)
        {
            using var writing = _store.BeginWrite();
            var before = _store.Snapshot;
            var changes = CollectionsMarshal.AsSpan(Changes(before));
            var contents = new ContentsBuilder(before, changes.Length);
            foreach (ref readonly var change in changes)
            {
                contents.Apply(change.Key, change.Current, change.Bytes);
            }

            _store.SetVersion(_source, version);
            _store.Publish(before, contents, changes);
            return changes;
        }

        private List<StoreChange<T>> Changes(StoreSnapshot<T> now)
        {
            var changes = new List<StoreChange<T>>(_news.Count);
            now.Objects.ForEach((Self: this, Changes: changes), static (state, stored, found) =>
            {
                var key = stored.Key;
                if ((state.Self._scope is null || state.Self._scope == key.Namespace)
                    && !state.Self._news.ContainsKey(key) && !state.Self.IsKept(stored, key.Namespace, out _))
                {
                    state.Changes.Add(new StoreChange<T>(key, found.Object, null));
                }
            });
            foreach (var (key, listed) in _news)
            {
                var old = now.Get(key);
                if (!ReferenceEquals(old, listed.Object))
                {
                    changes.Add(new StoreChange<T>(key, old, listed.Object, listed.Bytes));
                }
            }

            return changes;
        }

        private bool IsKept(StoredKey key, string? ns, out StoredPlace<T> known) =>
            _before.Objects.TryGet(key, out known) && _kept.TryGetValue(ns ?? "", out var kept) && kept[known.Position];

        private void Keep(ObjectKey key, int position)
        {
            var ns = key.Namespace ?? "";
            if (!_kept.TryGetValue(ns, out var kept))
            {
                kept = new BitArray(_before.Namespaces.TryGet(new Text(ns), out var list) ? list.Count : 0);
                _kept.Add(ns, kept);
            }

            Count += kept[position] ? 0 : 1;
            kept[position] = true;
        }
    }

    /// <summary>The objects of the next snapshot.</summary>
    private struct ContentsBuilder
    {
        private readonly PersistentMap<StoredKey, StoredPlace<T>>.Builder _objects;
        private readonly PersistentMap<Text, ObjectList<T, StoredItem<T>>>.Builder _namespaces;
        private readonly Dictionary<string, List<StoredItem<T>>> _new = new(StringComparer.Ordinal);   // namespaces that come into being

        public ContentsBuilder(StoreSnapshot<T> before, int changes)
        {
            _objects = before.Objects.ToBuilder();
            _namespaces = before.Namespaces.ToBuilder();
            Bytes = before.Bytes;
            if (changes > before.Objects.Count)
            {
                _objects.EnsureCapacity(changes);
            }
        }

        public long Bytes { get; private set; }

        /// <summary>Adds or updates one object, or removes it, if it is there.</summary>
        /// <returns>What was there before.</returns>
        public T? Apply(ObjectKey key, T? current, int bytes)
        {
            var stored = new StoredKey(key);
            var isKnown = _objects.TryGet(stored, out var known);
            var length = current is null ? 0 : bytes == 0 ? known.Bytes : bytes;
            Bytes += length - known.Bytes;
            var ns = new Text(key.Namespace ?? "");
            switch (current)
            {
                case null when !isKnown:
                    break;
                case null:
                    Remove(stored, ns, known.Position);
                    break;
                case not null when isKnown:
                    ShareTexts(known.Object, current);
                    Update(stored, ns, new StoredPlace<T>(current, known.Position, length));
                    break;
                default:
                    Add(stored, ns, current, length);
                    break;
            }

            return known.Object;
        }

        public readonly (PersistentMap<StoredKey, StoredPlace<T>> Objects, PersistentMap<Text, ObjectList<T, StoredItem<T>>> Namespaces) ToMaps()
        {
            foreach (var (ns, items) in _new)
            {
                _namespaces.Set(new Text(ns), ObjectList<T, StoredItem<T>>.Of(CollectionsMarshal.AsSpan(items)));
            }

            return (_objects.ToMap(), _namespaces.ToMap());
        }

        // What all versions of an object have alike, they have once: the collector has less to keep.
        private static void ShareTexts(T before, T current)
        {
            if (current is not DynamicObject && before.Metadata is { } known && current.Metadata is { } metadata)
            {
                metadata.Uid = Shared(known.Uid, metadata.Uid);
                metadata.Name = Shared(known.Name, metadata.Name);
                metadata.NamespaceProperty = Shared(known.NamespaceProperty, metadata.NamespaceProperty);
            }
        }

        private static string? Shared(string? known, string? current) => known == current ? known : current;

        private static StoredItem<T> ItemOf(T stored) => new(stored, LabelSignature.Of(stored));

        // The objects of a namespace that has some. One that has come into being by these changes gets its list now.
        private readonly ObjectList<T, StoredItem<T>> ListOf(Text ns)
        {
            if (!_namespaces.TryGet(ns, out var list))
            {
                _new.Remove(ns.Value, out var items);
                list = ObjectList<T, StoredItem<T>>.Of(CollectionsMarshal.AsSpan(items));
                _namespaces.Set(ns, list);
            }

            return list;
        }

        private readonly void Add(StoredKey key, Text ns, T added, int bytes)
        {
            if (_namespaces.TryGet(ns, out var list))
            {
                _namespaces.Set(ns, list.Add(ItemOf(added)));
                _objects.Set(key, new StoredPlace<T>(added, list.Count, bytes));
                return;
            }

            if (!_new.TryGetValue(ns.Value, out var items))
            {
                items = [];
                _new.Add(ns.Value, items);
            }

            _objects.Set(key, new StoredPlace<T>(added, items.Count, bytes));
            items.Add(ItemOf(added));
        }

        private readonly void Update(StoredKey key, Text ns, StoredPlace<T> current)
        {
            _namespaces.Set(ns, ListOf(ns).SetAt(current.Position, ItemOf(current.Object)));
            _objects.Set(key, current);
        }

        private readonly void Remove(StoredKey key, Text ns, int position)
        {
            _objects.Remove(key);
            var rest = ListOf(ns).RemoveAt(position, out var moved);
            if (moved is not null)
            {
                var movedKey = new StoredKey(ObjectKey.Of(moved));
                _objects.TryGet(movedKey, out var place);
                _objects.Set(movedKey, place with { Position = position });
            }

            if (rest.Count == 0)
            {
                _namespaces.Remove(ns);
            }
            else
            {
                _namespaces.Set(ns, rest);
            }
        }
    }

    /// <summary>An array that is filled from several places, front to back.</summary>
    private sealed class Filling(T[] array)
    {
        private int _used;

        public Span<T> Take(int count)
        {
            _used += count;
            return array.AsSpan(_used - count, count);
        }
    }

    /// <summary>One look at the objects of one or several namespaces.</summary>
    private sealed class Search(LabelSelector selector, Func<T, bool>? predicate)
    {
        private ResultBuilder<T> _results = new();

        public T[] Found => _results.ToArray();

        public void Look(ObjectList<T, StoredItem<T>> list) => list.Find(selector, predicate, ref _results);
    }
}
