using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace CrMonitor.Informers;

/// <summary>Labels or annotations of a cached object: a few strings in a row, in the order in which they came. Never changed.</summary>
/// <remarks>A dictionary of four labels takes five times the memory, and is not faster to search.</remarks>
internal abstract class TextMap : IDictionary<string, string>, IReadOnlyDictionary<string, string>
{
    private static readonly TextMap Empty = new Large([]);

    public int Count
    {
        get
        {
            var slots = Slots;
            var used = 0;
            while (used < slots.Length && slots[used] is not null)
            {
                used += 2;
            }

            return used / 2;
        }
    }

    public bool IsReadOnly => true;

    public ICollection<string> Keys => [.. this.Select(pair => pair.Key)];

    public ICollection<string> Values => [.. this.Select(pair => pair.Value)];

    IEnumerable<string> IReadOnlyDictionary<string, string>.Keys => Keys;

    IEnumerable<string> IReadOnlyDictionary<string, string>.Values => Values;

    // Key, value, key, value, ...; no key twice. Slots from the first key that is null are not used.
    private protected abstract ReadOnlySpan<string?> Slots { get; }

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
                return Create(Distinct(pairs));
            }
        }

        return Create(pairs);
    }

    public bool ContainsKey(string key) => IndexOf(key) >= 0;

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value)
    {
        var index = IndexOf(key);
        value = index < 0 ? null : Slots[index + 1];
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
        for (var i = 0; i < Slots.Length && Slots[i] is { } key; i += 2)
        {
            yield return new KeyValuePair<string, string>(key, Slots[i + 1]!);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    void IDictionary<string, string>.Add(string key, string value) => throw Immutable();

    bool IDictionary<string, string>.Remove(string key) => throw Immutable();

    void ICollection<KeyValuePair<string, string>>.Add(KeyValuePair<string, string> item) => throw Immutable();

    void ICollection<KeyValuePair<string, string>>.Clear() => throw Immutable();

    bool ICollection<KeyValuePair<string, string>>.Remove(KeyValuePair<string, string> item) => throw Immutable();

    private static TextMap Create(ReadOnlySpan<string?> pairs) => pairs.Length switch
    {
        2 => new One(pairs),
        4 => new Two(pairs),
        <= 8 => new Four(pairs),
        <= 12 => new Six(pairs),
        _ => new Large(pairs.ToArray()),
    };

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
        var slots = Slots;

        // Keys that came through the string pool are the same instance more often than not.
        for (var i = 0; i < slots.Length; i += 2)
        {
            if (string.Equals(slots[i], key))
            {
                return i;
            }
        }

        return -1;
    }

    // The strings stand in the object itself: an array of their own would be a third more.
    private sealed class One : TextMap
    {
        private readonly Buffer _buffer;

        public One(ReadOnlySpan<string?> pairs) => pairs.CopyTo(_buffer);

        private protected override ReadOnlySpan<string?> Slots => _buffer;

        [InlineArray(2)]
        private struct Buffer
        {
            private string? _first;
        }
    }

    private sealed class Two : TextMap
    {
        private readonly Buffer _buffer;

        public Two(ReadOnlySpan<string?> pairs) => pairs.CopyTo(_buffer);

        private protected override ReadOnlySpan<string?> Slots => _buffer;

        [InlineArray(4)]
        private struct Buffer
        {
            private string? _first;
        }
    }

    private sealed class Four : TextMap
    {
        private readonly Buffer _buffer;

        public Four(ReadOnlySpan<string?> pairs) => pairs.CopyTo(_buffer);

        private protected override ReadOnlySpan<string?> Slots => _buffer;

        [InlineArray(8)]
        private struct Buffer
        {
            private string? _first;
        }
    }

    private sealed class Six : TextMap
    {
        private readonly Buffer _buffer;

        public Six(ReadOnlySpan<string?> pairs) => pairs.CopyTo(_buffer);

        private protected override ReadOnlySpan<string?> Slots => _buffer;

        [InlineArray(12)]
        private struct Buffer
        {
            private string? _first;
        }
    }

    private sealed class Large(string?[] pairs) : TextMap
    {
        private protected override ReadOnlySpan<string?> Slots => pairs;
    }
}
