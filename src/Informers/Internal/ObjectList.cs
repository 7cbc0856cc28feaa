using System.Runtime.CompilerServices;
using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>An immutable sequence of objects: a changed copy shares all but one path with its origin.</summary>
/// <remarks>
/// A tree with 32 children a node; the objects stand in arrays of up to 32, so that reading them all is little more than copying memory. The list itself
/// is a value, which stands in the entry of a map: the array of a short one is one read away.
/// </remarks>
internal readonly struct ObjectList<T, TItem>
    where T : class, IKubernetesObject<V1ObjectMeta>
    where TItem : struct, IListedItem<T>
{
    private const int BitsPerLevel = 5;
    private const int Width = 1 << BitsPerLevel;
    private const int LevelMask = Width - 1;

    private readonly object _root;   // TItem[] on the last level, object[] above it
    private readonly int _shift;     // of the root's slot; 0: the root is the last level

    private ObjectList(object root, int shift, int count)
    {
        _root = root;
        _shift = shift;
        Count = count;
    }

    public static ObjectList<T, TItem> Empty => new(Array.Empty<TItem>(), 0, 0);

    public int Count { get; }

    /// <summary>A list of these.</summary>
    public static ObjectList<T, TItem> Of(ReadOnlySpan<TItem> items)
    {
        var shift = 0;
        while (items.Length > Width << shift)
        {
            shift += BitsPerLevel;
        }

        return items.IsEmpty ? Empty : new ObjectList<T, TItem>(Build(items, shift), shift, items.Length);
    }

    /// <summary>A copy with one more at the end.</summary>
    public ObjectList<T, TItem> Add(TItem item) => Count == Width << _shift
        ? new ObjectList<T, TItem>(Put(new[] { _root }, _shift + BitsPerLevel, Count, item), _shift + BitsPerLevel, Count + 1)
        : new ObjectList<T, TItem>(Put(_root, _shift, Count, item), _shift, Count + 1);

    /// <summary>A copy with <paramref name="item"/> in place of another.</summary>
    public ObjectList<T, TItem> SetAt(int index, TItem item) => new(Put(_root, _shift, index, item), _shift, Count);

    /// <summary>A copy without the one at <paramref name="index"/>, which the last one takes the place of.</summary>
    /// <param name="index">Whose place it is.</param>
    /// <param name="moved">The object that stands at <paramref name="index"/> now; <see langword="null"/> if it was the last one.</param>
    public ObjectList<T, TItem> RemoveAt(int index, out T? moved)
    {
        var last = At(Count - 1);
        moved = index == Count - 1 ? null : last.Object;
        return (moved is null ? this : SetAt(index, last)).WithoutLast();
    }

    /// <summary>Where an object stands; -1: nowhere. Takes time with the list's length.</summary>
    public int IndexOf(T searched) => IndexOf(_root, _shift, searched);

    public void CopyTo(Span<T> target) => CopyTo(_root, _shift, target);

    /// <summary>Adds to <paramref name="results"/> the objects that satisfy the conditions.</summary>
    public void Find(LabelSelector selector, Func<T, bool>? predicate, ref ResultBuilder<T> results) =>
        Find(_root, _shift, new Query(selector, predicate), ref results);

    private static object Build(ReadOnlySpan<TItem> items, int shift)
    {
        if (shift == 0)
        {
            return items.ToArray();
        }

        var size = 1 << shift;
        var children = new object[(items.Length + size - 1) >> shift];
        for (var i = 0; i < children.Length; i++)
        {
            var start = i << shift;
            children[i] = Build(items[start..Math.Min(items.Length, start + size)], shift - BitsPerLevel);
        }

        return children;
    }

    // A copy of a node in which `item` stands at `index`, which may be the first one after the end.
    private static object Put(object? node, int shift, int index, TItem item)
    {
        var slot = (index >> shift) & LevelMask;
        if (shift == 0)
        {
            var items = Copy(Unsafe.As<TItem[]?>(node), slot);
            items[slot] = item;
            return items;
        }

        var children = Copy(Unsafe.As<object[]?>(node), slot);
        children[slot] = Put(children[slot], shift - BitsPerLevel, index, item);
        return children;
    }

    private static TElement[] Copy<TElement>(TElement[]? items, int slot)
    {
        var copy = new TElement[Math.Max(items?.Length ?? 0, slot + 1)];
        items?.CopyTo(copy, 0);
        return copy;
    }

    private static int IndexOf(object node, int shift, T searched)
    {
        if (shift > 0)
        {
            var children = Unsafe.As<object[]>(node);
            for (var i = 0; i < children.Length; i++)
            {
                var found = IndexOf(children[i], shift - BitsPerLevel, searched);
                if (found >= 0)
                {
                    return (i << shift) + found;
                }
            }

            return -1;
        }

        var items = Unsafe.As<TItem[]>(node);
        for (var i = 0; i < items.Length; i++)
        {
            if (ReferenceEquals(items[i].Object, searched))
            {
                return i;
            }
        }

        return -1;
    }

    private static Span<T> CopyTo(object node, int shift, Span<T> target)
    {
        if (shift > 0)
        {
            foreach (var child in Unsafe.As<object[]>(node))
            {
                target = CopyTo(child, shift - BitsPerLevel, target);
            }

            return target;
        }

        ReadOnlySpan<TItem> items = Unsafe.As<TItem[]>(node);
        var part = target[..items.Length];
        for (var i = 0; i < part.Length; i++)
        {
            part[i] = items[i].Object;
        }

        return target[items.Length..];
    }

    private static void Find(object node, int shift, in Query query, ref ResultBuilder<T> results)
    {
        if (shift > 0)
        {
            foreach (var child in Unsafe.As<object[]>(node))
            {
                Find(child, shift - BitsPerLevel, query, ref results);
            }

            return;
        }

        foreach (ref readonly var item in Unsafe.As<TItem[]>(node).AsSpan())
        {
            if (item.Labels.MayHave(query.Signature)
                && (query.IsEverything || query.Selector.Matches(item.Object))
                && (query.Predicate is null || query.Predicate(item.Object)))
            {
                results.Add(item.Object);
            }
        }
    }

    private TItem At(int index)
    {
        var node = _root;
        for (var shift = _shift; shift > 0; shift -= BitsPerLevel)
        {
            node = Unsafe.As<object[]>(node)[(index >> shift) & LevelMask];
        }

        return Unsafe.As<TItem[]>(node)[index & LevelMask];
    }

    private ObjectList<T, TItem> WithoutLast()
    {
        if (Count == 1)
        {
            return Empty;
        }

        var root = WithoutLast(_root, _shift)!;
        return _shift > 0 && Unsafe.As<object[]>(root) is [var only]
            ? new ObjectList<T, TItem>(only, _shift - BitsPerLevel, Count - 1)
            : new ObjectList<T, TItem>(root, _shift, Count - 1);
    }

    private static object? WithoutLast(object node, int shift)
    {
        if (shift == 0)
        {
            var items = Unsafe.As<TItem[]>(node);
            return items.Length == 1 ? null : items[..^1];
        }

        var children = Unsafe.As<object[]>(node);
        var last = WithoutLast(children[^1], shift - BitsPerLevel);
        if (last is null)
        {
            return children.Length == 1 ? null : children[..^1];
        }

        object[] copy = [.. children];
        copy[^1] = last;
        return copy;
    }

    private readonly struct Query(LabelSelector selector, Func<T, bool>? predicate)
    {
        public readonly LabelSelector Selector = selector;
        public readonly bool IsEverything = selector.IsEverything;
        public readonly LabelSignature Signature = selector.Signature;
        public readonly Func<T, bool>? Predicate = predicate;
    }
}
