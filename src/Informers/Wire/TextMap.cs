using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace CrMonitor.Informers;

/// <summary>Labels or annotations of a cached object: a few strings in one array, in the order in which they came. Never changed.</summary>
/// <remarks>A dictionary of four labels takes four times the memory, and is not faster to search.</remarks>
internal sealed class TextMap : IDictionary<string, string>, IReadOnlyDictionary<string, string>
{
    private readonly string?[] _pairs;   // key, value, key, value, ...; no key twice

    private TextMap(string?[] pairs) => _pairs = pairs;

    public static TextMap Empty { get; } = new([]);

    public int Count => _pairs.Length / 2;

    public bool IsReadOnly => true;

    public ICollection<string> Keys => [.. this.Select(pair => pair.Key)];

    public ICollection<string> Values => [.. this.Select(pair => pair.Value)];

    IEnumerable<string> IReadOnlyDictionary<string, string>.Keys => Keys;

    IEnumerable<string> IReadOnlyDictionary<string, string>.Values => Values;

    public string this[string key]
    {
        get => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"There is no '{key}' here.");
        set => throw Immutable();
    }

    /// <param name="pairs">Keys, each followed by its value. Of a key that comes more than once the last value counts.</param>
    public static TextMap Of(ReadOnlySpan<string?> pairs)
    {
        if (pairs.IsEmpty)
        {
            return Empty;
        }

        for (var i = 2; i < pairs.Length; i += 2)
        {
            if (string.CompareOrdinal(pairs[i - 2], pairs[i]) >= 0)
            {
                // Not in the order in which servers write them, which shows at once that no key comes twice.
                return new TextMap(Distinct(pairs));
            }
        }

        return new TextMap(pairs.ToArray());
    }

    public bool ContainsKey(string key) => IndexOf(key) >= 0;

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value)
    {
        var index = IndexOf(key);
        value = index < 0 ? null : _pairs[index + 1];
        return index >= 0;
    }

    public bool Contains(KeyValuePair<string, string> item) => TryGetValue(item.Key, out var value) && value == item.Value;

    public void CopyTo(KeyValuePair<string, string>[] array, int arrayIndex)
    {
        ArgumentNullException.ThrowIfNull(array);
        foreach (var pair in this)
        {
            array[arrayIndex++] = pair;
        }
    }

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator()
    {
        for (var i = 0; i < _pairs.Length; i += 2)
        {
            yield return new KeyValuePair<string, string>(_pairs[i]!, _pairs[i + 1]!);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    void IDictionary<string, string>.Add(string key, string value) => throw Immutable();

    bool IDictionary<string, string>.Remove(string key) => throw Immutable();

    void ICollection<KeyValuePair<string, string>>.Add(KeyValuePair<string, string> item) => throw Immutable();

    void ICollection<KeyValuePair<string, string>>.Clear() => throw Immutable();

    bool ICollection<KeyValuePair<string, string>>.Remove(KeyValuePair<string, string> item) => throw Immutable();

    private static NotSupportedException Immutable() => new(
        "These labels or annotations belong to a cached object, which all readers share and nobody changes. "
        + "Copy them first: new Dictionary<string, string>(metadata.Labels).");

    private static string?[] Distinct(ReadOnlySpan<string?> pairs)
    {
        OrderedDictionary<string, string?> distinct = new(StringComparer.Ordinal);
        for (var i = 0; i < pairs.Length; i += 2)
        {
            distinct[pairs[i]!] = pairs[i + 1];
        }

        return [.. distinct.SelectMany(pair => new[] { pair.Key, pair.Value })];
    }

    private int IndexOf(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var pairs = _pairs;

        // Keys that came through the string pool are the same instance more often than not.
        for (var i = 0; i < pairs.Length; i += 2)
        {
            if (string.Equals(pairs[i], key))
            {
                return i;
            }
        }

        return -1;
    }
}
