using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Patching;

/// <summary>
/// A set of fields: a tree of path elements, sorted, of which some are members. An inner element need not be a member itself.
/// The set operations return new sets that share subtrees with their operands, so a set is changed only while it is built.
/// </summary>
internal sealed class FieldSet
{
    public static readonly FieldSet Empty = new();

    private readonly List<Entry> _entries = [];

    private readonly record struct Entry(PathElement Element, bool IsMember, FieldSet? Children);

    public bool IsEmpty => _entries.Count == 0;

    /// <summary>A set of paths of field names.</summary>
    public static FieldSet Of(params ReadOnlySpan<string[]> paths)
    {
        var set = new FieldSet();
        foreach (var path in paths)
        {
            set.AddPath(path);
        }

        return set;
    }

    /// <summary>Reads <c>fieldsV1</c>.</summary>
    /// <exception cref="FormatException">A key is no path element, or a value no object.</exception>
    public static FieldSet Parse(JsonObject fields)
    {
        var set = new FieldSet();
        foreach (var (key, value) in fields)
        {
            if (key == "." || !PathElement.TryParse(key, out var element))
            {
                continue;
            }

            if (value is not JsonObject below)
            {
                throw new FormatException($"fieldsV1: the value of '{key}' must be an object.");
            }

            // An element without anything below it is a member; one with children only if "." says so.
            var children = below.Count == 0 ? null : Parse(below);
            var isMember = children is null || children.IsEmpty || below.ContainsKey(".");
            set.Put(element, isMember, children is { IsEmpty: false } ? children : null);
        }

        return set;
    }

    /// <summary>Writes <c>fieldsV1</c>.</summary>
    public JsonObject ToJson() => ToJson(includeSelf: false);

    public void Add(PathElement element)
    {
        if (Find(element, out var index))
        {
            _entries[index] = _entries[index] with { IsMember = true };
        }
        else
        {
            _entries.Insert(index, new Entry(element, true, null));
        }
    }

    /// <summary>Puts what lies below an element, which has no children in this set yet.</summary>
    public void AddChildren(PathElement element, FieldSet? children)
    {
        if (children is { IsEmpty: false })
        {
            if (Find(element, out var index))
            {
                _entries[index] = _entries[index] with { Children = children };
            }
            else
            {
                _entries.Insert(index, new Entry(element, false, children));
            }
        }
    }

    public bool Contains(PathElement element) => Find(element, out var index) && _entries[index].IsMember;

    public bool Contains(ReadOnlySpan<PathElement> path)
    {
        var set = this;
        foreach (var element in path[..^1])
        {
            if (!set.TryGetChildren(element, out set))
            {
                return false;
            }
        }

        return set.Contains(path[^1]);
    }

    public bool TryGetChildren(PathElement element, [NotNullWhen(true)] out FieldSet? children)
    {
        children = Find(element, out var index) ? _entries[index].Children : null;
        return children is not null;
    }

    public FieldSet Union(FieldSet other)
    {
        if (other.IsEmpty)
        {
            return this;
        }

        if (IsEmpty)
        {
            return other;
        }

        var result = new FieldSet();
        int i = 0, j = 0;
        while (i < _entries.Count || j < other._entries.Count)
        {
            var order = i == _entries.Count ? 1 : j == other._entries.Count ? -1 : _entries[i].Element.CompareTo(other._entries[j].Element);
            if (order < 0)
            {
                result._entries.Add(_entries[i++]);
            }
            else if (order > 0)
            {
                result._entries.Add(other._entries[j++]);
            }
            else
            {
                var (a, b) = (_entries[i++], other._entries[j++]);
                var children = a.Children is null ? b.Children : b.Children is null ? a.Children : a.Children.Union(b.Children);
                result._entries.Add(new Entry(a.Element, a.IsMember || b.IsMember, children));
            }
        }

        return result;
    }

    public FieldSet Intersection(FieldSet other)
    {
        var result = new FieldSet();
        int i = 0, j = 0;
        while (i < _entries.Count && j < other._entries.Count)
        {
            var order = _entries[i].Element.CompareTo(other._entries[j].Element);
            if (order < 0)
            {
                i++;
            }
            else if (order > 0)
            {
                j++;
            }
            else
            {
                var (a, b) = (_entries[i++], other._entries[j++]);
                var children = a.Children is null || b.Children is null ? null : a.Children.Intersection(b.Children);
                result.Append(a.Element, a.IsMember && b.IsMember, children);
            }
        }

        return result;
    }

    /// <summary>
    /// The members that the other set does not have. A parent without its child stays the parent; a child without its parent stays the child.
    /// </summary>
    public FieldSet Except(FieldSet other) => Except(other, recursive: false);

    /// <summary>As <see cref="Except(FieldSet)"/>, but a member of the other set takes everything below it along.</summary>
    public FieldSet ExceptWithDescendants(FieldSet other) => Except(other, recursive: true);

    /// <summary>
    /// The set with every inner element as a member that is a field declared in the schema, down the tree. Such fields do not own themselves
    /// (<c>spec</c> of <c>spec.replicas</c>), but go when the last field below them goes.
    /// </summary>
    public FieldSet WithNamedFields(SchemaPosition position)
    {
        var result = new FieldSet();
        foreach (var (element, isMember, children) in _entries)
        {
            var named = children is not null && element.Kind == PathElementKind.Field && position.DeclaresField(element.FieldName);
            result._entries.Add(new Entry(element, isMember || named, children?.WithNamedFields(position.Below(element))));
        }

        return result;
    }

    /// <summary>
    /// Whether this set and one in the form of <c>fieldsV1</c> may have a member in common. Told without reading all of it; items of lists, which
    /// can be written in several ways, are taken to be in both.
    /// </summary>
    public bool MayIntersect(JsonObject fieldsV1)
    {
        foreach (var (element, isMember, children) in _entries)
        {
            if (element.Kind != PathElementKind.Field)
            {
                return true;
            }

            if (fieldsV1[element.ToFieldsV1()] is { } below
                && ((isMember && MayBeMember(below)) || (children is not null && (below is not JsonObject inner || children.MayIntersect(inner)))))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether each member of this set is surely one of a set in the form of <c>fieldsV1</c>. Told without reading all of it.</summary>
    public bool IsSurelyWithin(JsonObject fieldsV1)
    {
        foreach (var (element, isMember, children) in _entries)
        {
            if (element.Kind != PathElementKind.Field
                || fieldsV1[element.ToFieldsV1()] is not JsonObject below
                || (isMember && below.Count > 0 && !below.ContainsKey("."))
                || (children is not null && !children.IsSurelyWithin(below)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether every member of this set is one of the other.</summary>
    public bool IsSubsetOf(FieldSet other) => ReferenceEquals(this, other) || Except(other).IsEmpty;

    /// <summary>The paths of the members: at each level first the members themselves, then what is below.</summary>
    public IEnumerable<PathElement[]> Paths() => Paths([]);

    private IEnumerable<PathElement[]> Paths(PathElement[] prefix)
    {
        foreach (var entry in _entries)
        {
            if (entry.IsMember)
            {
                yield return [.. prefix, entry.Element];
            }
        }

        foreach (var entry in _entries)
        {
            if (entry.Children is not null)
            {
                foreach (var path in entry.Children.Paths([.. prefix, entry.Element]))
                {
                    yield return path;
                }
            }
        }
    }

    // An element with children is no member unless "." says so; what else is below it would have to be read.
    private static bool MayBeMember(JsonNode below) =>
        below is not JsonObject { Count: > 0 } inner || inner.ContainsKey(".") || !inner.All(static pair => pair.Key.StartsWith("f:", StringComparison.Ordinal));

    private FieldSet Except(FieldSet other, bool recursive)
    {
        if (other.IsEmpty || IsEmpty)
        {
            return this;
        }

        var result = new FieldSet();
        int i = 0, j = 0;
        while (i < _entries.Count)
        {
            var order = j == other._entries.Count ? -1 : _entries[i].Element.CompareTo(other._entries[j].Element);
            if (order < 0)
            {
                result._entries.Add(_entries[i++]);
            }
            else if (order > 0)
            {
                j++;
            }
            else
            {
                var (a, b) = (_entries[i++], other._entries[j++]);
                var children = recursive && b.IsMember ? null
                    : a.Children is null || b.Children is null ? a.Children
                    : a.Children.Except(b.Children, recursive);
                result.Append(a.Element, a.IsMember && !b.IsMember, children);
            }
        }

        return result;
    }

    // For elements that come in order.
    private void Append(PathElement element, bool isMember, FieldSet? children)
    {
        if (children is { IsEmpty: true })
        {
            children = null;
        }

        if (isMember || children is not null)
        {
            _entries.Add(new Entry(element, isMember, children));
        }
    }

    private void Put(PathElement element, bool isMember, FieldSet? children)
    {
        if (Find(element, out var index))
        {
            _entries[index] = new Entry(element, isMember, children);
        }
        else
        {
            _entries.Insert(index, new Entry(element, isMember, children));
        }
    }

    private void AddPath(ReadOnlySpan<string> path)
    {
        var element = PathElement.Field(path[0]);
        if (path.Length == 1)
        {
            Add(element);
            return;
        }

        if (!TryGetChildren(element, out var children))
        {
            children = new FieldSet();
            children.AddPath(path[1..]);
            AddChildren(element, children);
        }
        else
        {
            children.AddPath(path[1..]);
        }
    }

    private bool Find(PathElement element, out int index)
    {
        // Most elements come in order, from sorted entries or from objects whose keys are sorted.
        if (_entries.Count == 0 || _entries[^1].Element.CompareTo(element) < 0)
        {
            index = _entries.Count;
            return false;
        }

        int low = 0, high = _entries.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = _entries[middle].Element.CompareTo(element);
            if (order == 0)
            {
                index = middle;
                return true;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        index = low;
        return false;
    }

    private JsonObject ToJson(bool includeSelf)
    {
        var json = new JsonObject();
        if (includeSelf)
        {
            json["."] = new JsonObject();
        }

        foreach (var entry in _entries)
        {
            json[entry.Element.ToFieldsV1()] = entry.Children is null ? new JsonObject() : entry.Children.ToJson(entry.IsMember);
        }

        return json;
    }
}
