using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>One index of one snapshot. It holds the objects themselves, so that a query is one look-up and a copy.</summary>
internal sealed class StoreIndex<T, TValue> : StoreIndex<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
    where TValue : notnull
{
    // Up to here the place of an object is found by looking at all that have the value.
    private const int MaxSearched = 128;

    private readonly Func<T, IEnumerable<TValue>> _values;
    private readonly Action<string, ObjectKey, Exception> _failed;
    private readonly PersistentMap<IndexValue<TValue>, ObjectList<T, IndexedItem<T>>> _entries;

    // The writer's own, handed from each state of the index to the next: where each object stands, for values that many objects have.
    private readonly Dictionary<TValue, Dictionary<T, int>> _places;

    /// <param name="name">The name of the index.</param>
    /// <param name="values">What gives the values of an object.</param>
    /// <param name="failed">Is told when that throws; the object then has no values.</param>
    public StoreIndex(string name, Func<T, IEnumerable<TValue>> values, Action<string, ObjectKey, Exception> failed)
        : this(name, new object(), values, failed, PersistentMap<IndexValue<TValue>, ObjectList<T, IndexedItem<T>>>.Empty, [])
    {
    }

    private StoreIndex(
        string name,
        object identity,
        Func<T, IEnumerable<TValue>> values,
        Action<string, ObjectKey, Exception> failed,
        PersistentMap<IndexValue<TValue>, ObjectList<T, IndexedItem<T>>> entries,
        Dictionary<TValue, Dictionary<T, int>> places)
        : base(name, identity)
    {
        _values = values;
        _failed = failed;
        _entries = entries;
        _places = places;
    }

    public IReadOnlyList<T> Find(TValue value)
    {
        if (!_entries.TryGet(new IndexValue<TValue>(value), out var list))
        {
            return [];
        }

        var found = new T[list.Count];
        list.CopyTo(found);
        return found;
    }

    public override StoreIndex<T> With(ReadOnlySpan<StoreChange<T>> changes)
    {
        var entries = _entries.ToBuilder();
        foreach (var change in changes)
        {
            Apply(entries, change);
        }

        return new StoreIndex<T, TValue>(Name, Identity, _values, _failed, entries.ToMap(), _places);
    }

    private void Apply(PersistentMap<IndexValue<TValue>, ObjectList<T, IndexedItem<T>>>.Builder entries, StoreChange<T> change)
    {
        var before = change.Old is null ? [] : ValuesOf(change.Key, change.Old);
        var after = change.Current is null ? [] : ValuesOf(change.Key, change.Current);
        foreach (var value in before)
        {
            if (after.Contains(value))
            {
                Replace(entries, value, change.Old!, change.Current!);
            }
            else
            {
                Remove(entries, value, change.Old!);
            }
        }

        foreach (var value in after)
        {
            if (!before.Contains(value))
            {
                Add(entries, value, change.Current!);
            }
        }
    }

    // Each value once.
    private TValue[] ValuesOf(ObjectKey key, T of)
    {
        try
        {
            // Listed here, inside the try: the function may be an iterator.
            TValue[] values = [.. _values(of)];
            if (Array.Exists(values, value => value is null))
            {
                throw new InvalidOperationException($"The function of the index '{Name}' gave null. Leave out what is not there.");
            }

            return values.Length < 2 ? values : [.. values.Distinct()];
        }
        catch (Exception e)
        {
            _failed(Name, key, e);
            return [];
        }
    }

    private void Add(PersistentMap<IndexValue<TValue>, ObjectList<T, IndexedItem<T>>>.Builder entries, TValue value, T added)
    {
        var key = new IndexValue<TValue>(value);
        var list = entries.TryGet(key, out var present) ? present : ObjectList<T, IndexedItem<T>>.Empty;
        list = list.Add(new IndexedItem<T>(added));
        entries.Set(key, list);
        if (_places.TryGetValue(value, out var places))
        {
            places.Add(added, list.Count - 1);
        }
        else if (list.Count > MaxSearched)
        {
            var all = new T[list.Count];
            list.CopyTo(all);
            places = new Dictionary<T, int>(all.Length, ReferenceEqualityComparer.Instance);
            for (var i = 0; i < all.Length; i++)
            {
                places.Add(all[i], i);
            }

            _places.Add(value, places);
        }
    }

    private void Replace(PersistentMap<IndexValue<TValue>, ObjectList<T, IndexedItem<T>>>.Builder entries, TValue value, T old, T current)
    {
        if (!TryTake(entries, value, old, out var list, out var place, out var places))
        {
            // The function gives other values than before for the same object; what it says now counts.
            Add(entries, value, current);
            return;
        }

        places?.Add(current, place);
        entries.Set(new IndexValue<TValue>(value), list.SetAt(place, new IndexedItem<T>(current)));
    }

    private void Remove(PersistentMap<IndexValue<TValue>, ObjectList<T, IndexedItem<T>>>.Builder entries, TValue value, T removed)
    {
        if (!TryTake(entries, value, removed, out var list, out var place, out var places))
        {
            return;
        }

        var key = new IndexValue<TValue>(value);
        list = list.RemoveAt(place, out var moved);
        if (places is not null && moved is not null)
        {
            places[moved] = place;
        }

        if (list.Count <= MaxSearched / 2)
        {
            _places.Remove(value);
        }

        if (list.Count == 0)
        {
            entries.Remove(key);
        }
        else
        {
            entries.Set(key, list);
        }
    }

    // Finds the place of an object among those that have the value, and forgets it.
    private bool TryTake(
        PersistentMap<IndexValue<TValue>, ObjectList<T, IndexedItem<T>>>.Builder entries,
        TValue value,
        T taken,
        out ObjectList<T, IndexedItem<T>> list,
        out int place,
        out Dictionary<T, int>? places)
    {
        list = entries.TryGet(new IndexValue<TValue>(value), out var present) ? present : ObjectList<T, IndexedItem<T>>.Empty;
        place = !_places.TryGetValue(value, out places) ? list.IndexOf(taken)
            : places.Remove(taken, out var known) ? known
            : -1;
        return place >= 0;
    }
}
