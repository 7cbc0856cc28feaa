using System.Text;

namespace CrMonitor.Informers;

/// <summary>What can be seen of an object without decoding it. Refers to the object's bytes, which may be only the beginning of it.</summary>
internal ref struct ObjectHeader
{
    private readonly ReadOnlySpan<byte> _json;
    private Range _name;
    private Range _namespace;

    private ObjectHeader(ReadOnlySpan<byte> json) => _json = json;

    /// <summary>Where <c>kind</c> stands; empty if it is not there.</summary>
    public Range Kind { get; private set; }

    /// <summary>Where <c>apiVersion</c> stands; empty if it is not there.</summary>
    public Range ApiVersion { get; private set; }

    /// <summary>Where the value of <c>metadata</c> stands; empty if it is not there.</summary>
    public Range Metadata { get; private set; }

    /// <summary>Where <c>metadata.managedFields</c> stands, with the comma that goes with it; empty if it is not there.</summary>
    public Range ManagedFields { get; private set; }

    /// <summary>Where <c>metadata.labels</c> stands; empty if it is not there.</summary>
    public Range Labels { get; private set; }

    /// <summary>Where <c>metadata.uid</c> stands, with its quotes; empty if it is not there.</summary>
    public Range Uid { get; private set; }

    /// <summary>Where <c>metadata.resourceVersion</c> stands, with its quotes; empty if it is not there.</summary>
    public Range ResourceVersionRange { get; private set; }

    /// <summary>The object's key, if it has a readable name.</summary>
    public readonly ObjectKey? Key => JsonText.Read(_json[_name], isPooled: false) is { Length: > 0 } name
        ? new ObjectKey(JsonText.Read(_json[_namespace], isPooled: true) is { Length: > 0 } ns ? ns : null, name)
        : null;

    /// <summary>The object's version; <see langword="null"/> if it shows none.</summary>
    public readonly string? ResourceVersion => JsonText.Read(_json[ResourceVersionRange], isPooled: false) is { Length: > 0 } version ? version : null;

    /// <summary>The object's uid; <see langword="null"/> if it shows none.</summary>
    public readonly string? UidText => JsonText.Read(_json[Uid], isPooled: false) is { Length: > 0 } uid ? uid : null;

    /// <summary>The object has this uid and version, neither of which is empty: it is what it was.</summary>
    public readonly bool IsVersion(string? uid, string? version) => Is(_json[Uid], uid) && Is(_json[ResourceVersionRange], version);

    /// <inheritdoc cref="IsVersion(string?, string?)"/>
    /// <param name="uid">The uid as JSON.</param>
    /// <param name="version">The version as JSON.</param>
    public readonly bool IsVersion(ReadOnlySpan<byte> uid, ReadOnlySpan<byte> version) =>
        uid.Length > 2 && version.Length > 2 && _json[Uid].SequenceEqual(uid) && _json[ResourceVersionRange].SequenceEqual(version);

    public static ObjectHeader Read(ReadOnlySpan<byte> json)
    {
        var header = new ObjectHeader(json);
        var top = new JsonProperties(json);
        while (top.MoveNext())
        {
            if (top.Name.SequenceEqual("metadata"u8))
            {
                header.ReadMetadata(top.ValueStart, top.ValueEnd);
            }
            else if (top.Name.SequenceEqual("kind"u8))
            {
                header.Kind = top.ValueStart..top.ValueEnd;
            }
            else if (top.Name.SequenceEqual("apiVersion"u8))
            {
                header.ApiVersion = top.ValueStart..top.ValueEnd;
            }

            if (header is { Metadata.End.Value: > 0, Kind.End.Value: > 0, ApiVersion.End.Value: > 0 })
            {
                return header;
            }
        }

        if (top.IsCut && top.Name.SequenceEqual("metadata"u8))
        {
            header.ReadMetadata(top.ValueStart, json.Length);
        }

        return header;
    }

    private static bool Is(ReadOnlySpan<byte> json, string? text) =>
        !string.IsNullOrEmpty(text) && json is [(byte)'"', .. var inner, (byte)'"'] && Ascii.Equals(inner, text);

    private void ReadMetadata(int start, int end)
    {
        Metadata = start..end;
        var metadata = new JsonProperties(_json[start..end]);
        while (metadata.MoveNext())
        {
            var value = (start + metadata.ValueStart)..(start + metadata.ValueEnd);
            var name = metadata.Name;
            switch (name.Length)
            {
                case 3 when name.SequenceEqual("uid"u8):
                    Uid = value;
                    break;
                case 4 when name.SequenceEqual("name"u8):
                    _name = value;
                    break;
                case 6 when name.SequenceEqual("labels"u8):
                    Labels = value;
                    break;
                case 9 when name.SequenceEqual("namespace"u8):
                    _namespace = value;
                    break;
                case 13 when name.SequenceEqual("managedFields"u8):
                    ManagedFields = WithComma(start + metadata.Start, start + metadata.ValueEnd);
                    break;
                case 15 when name.SequenceEqual("resourceVersion"u8):
                    ResourceVersionRange = value;
                    break;
            }
        }
    }

    // A property leaves with the comma before it, or, being the first, with the one after it.
    private readonly Range WithComma(int start, int end)
    {
        var before = _json[..start].LastIndexOfAnyExcept(" \t\r\n"u8);
        if (_json[before] == (byte)',')
        {
            return before..end;
        }

        var after = end + _json[end..].IndexOfAnyExcept(" \t\r\n"u8);
        return after >= end && _json[after] == (byte)',' ? start..(after + 1) : start..end;
    }
}
