using System.Text;

namespace CrMonitor.Informers;

/// <summary>What can be seen of an object without decoding it. Refers to the object's bytes.</summary>
internal readonly ref struct ObjectHeader
{
    private readonly ReadOnlySpan<byte> _name;
    private readonly ReadOnlySpan<byte> _namespace;
    private readonly ReadOnlySpan<byte> _resourceVersion;

    private ObjectHeader(ReadOnlySpan<byte> name, ReadOnlySpan<byte> ns, ReadOnlySpan<byte> resourceVersion, Range managedFields)
    {
        _name = name;
        _namespace = ns;
        _resourceVersion = resourceVersion;
        ManagedFields = managedFields;
    }

    /// <summary>Where <c>metadata.managedFields</c> stands, with the comma that goes with it; empty if it is not there.</summary>
    public Range ManagedFields { get; }

    /// <summary>The object's key, if it has a readable name.</summary>
    public ObjectKey? Key => _name.IsEmpty
        ? null
        : new ObjectKey(_namespace.IsEmpty ? null : Encoding.UTF8.GetString(_namespace), Encoding.UTF8.GetString(_name));

    /// <summary>The object's version; <see langword="null"/> if it shows none.</summary>
    public string? ResourceVersion => _resourceVersion.IsEmpty ? null : Encoding.UTF8.GetString(_resourceVersion);

    public static ObjectHeader Read(ReadOnlySpan<byte> json)
    {
        var top = new JsonProperties(json);
        while (top.MoveNext())
        {
            if (top.Name.SequenceEqual("metadata"u8))
            {
                return ReadMetadata(json, top.ValueStart, top.ValueEnd);
            }
        }

        return default;
    }

    private static ObjectHeader ReadMetadata(ReadOnlySpan<byte> json, int start, int end)
    {
        ReadOnlySpan<byte> name = default;
        ReadOnlySpan<byte> ns = default;
        ReadOnlySpan<byte> version = default;
        Range managedFields = default;
        var metadata = new JsonProperties(json[start..end]);
        while (metadata.MoveNext())
        {
            if (metadata.Name.SequenceEqual("name"u8))
            {
                name = metadata.TextValue;
            }
            else if (metadata.Name.SequenceEqual("namespace"u8))
            {
                ns = metadata.TextValue;
            }
            else if (metadata.Name.SequenceEqual("resourceVersion"u8))
            {
                version = metadata.TextValue;
            }
            else if (metadata.Name.SequenceEqual("managedFields"u8))
            {
                managedFields = WithComma(json, start + metadata.Start, start + metadata.ValueEnd);
            }
        }

        return new ObjectHeader(name, ns, version, managedFields);
    }

    // A property leaves with the comma before it, or, being the first, with the one after it.
    private static Range WithComma(ReadOnlySpan<byte> json, int start, int end)
    {
        var before = json[..start].LastIndexOfAnyExcept(" \t\r\n"u8);
        if (json[before] == (byte)',')
        {
            return before..end;
        }

        var after = end + json[end..].IndexOfAnyExcept(" \t\r\n"u8);
        return after >= end && json[after] == (byte)',' ? start..(after + 1) : start..end;
    }
}
