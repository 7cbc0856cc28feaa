using System.Collections.Concurrent;
using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Reads the stored informer's cache in the view's form.</summary>
/// <param name="stored">The cache.</param>
/// <param name="reader">Reads its objects.</param>
/// <param name="notes">What is shown in their place.</param>
internal sealed class ViewLister<TStored, T>(ILister<TStored> stored, ViewReader<TStored, T> reader, ViewNotes<TStored, T> notes) : ILister<T>
    where TStored : class, IKubernetesObject<V1ObjectMeta>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly ConcurrentDictionary<string, object> _indexes = new(StringComparer.Ordinal);

    public string? ResourceVersion => stored.ResourceVersion;

    // Of what nobody has read it is not known yet that it cannot be.
    public int Count
    {
        get
        {
            var noted = notes.Live();
            var count = stored.Count - reader.Invalid().Count(invalid => invalid.Shown is null);
            foreach (var (key, shown) in noted)
            {
                count += (shown is null ? 0 : 1) - (stored.Get(key) is { } covered && reader.Read(covered) is not null ? 1 : 0);
            }

            return count;
        }
    }

    public T? Get(ObjectKey key) =>
        notes.TryGet(key, out var noted) ? noted
        : stored.Get(key) is { } found ? reader.Read(found)
        : null;

    public IReadOnlyList<T> List(string? ns = null, LabelSelector? selector = null, Func<T, bool>? predicate = null) => Show(
        () => stored.List(ns, selector, predicate is null ? null : found => reader.Read(found) is { } shown && predicate(shown)),
        noted => (ns is null || ns == ObjectKey.Of(noted).Namespace)
            && (selector is null || selector.Matches(noted))
            && (predicate is null || predicate(noted)));

    public IReadOnlyList<T> ByIndex(string index, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (!_indexes.TryGetValue(index, out var known))
        {
            var names = string.Join(", ", _indexes.Keys.Order(StringComparer.Ordinal).Select(name => $"'{name}'"));
            throw new ArgumentException(
                $"There is no index '{index}'. Add it with AddIndex; existing: {(names.Length == 0 ? "none" : names)}.", nameof(index));
        }

        return known is IObjectIndex<string, T> strings
            ? strings.Find(value)
            : throw new ArgumentException($"The values of the index '{index}' are no strings. Ask what AddIndex returned.", nameof(index));
    }

    /// <summary>Makes an index known.</summary>
    public void Add<TValue>(IObjectIndex<TValue, T> index)
        where TValue : notnull => _indexes[index.Name] = index;

    /// <summary>Forgets an index.</summary>
    public void Remove(string name) => _indexes.TryRemove(name, out _);

    /// <summary>Shows what was found among the stored objects, and in place of those that own writes have overtaken these.</summary>
    /// <param name="find">Finds stored objects.</param>
    /// <param name="matches">Would find this one.</param>
    public IReadOnlyList<T> Show(Func<IReadOnlyList<TStored>> find, Func<T, bool> matches)
    {
        // The notes first: one that is over when they are read has been overtaken by what is found then.
        var noted = notes.Live();
        var found = find();
        var shown = new List<T>(found.Count + noted.Count);
        foreach (var one in found)
        {
            if ((noted.Count == 0 || !noted.ContainsKey(ObjectKey.Of(one))) && reader.Read(one) is { } read)
            {
                shown.Add(read);
            }
        }

        shown.AddRange(noted.Values.OfType<T>().Where(matches));
        return shown;
    }
}
