using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>An object of any kind, held as the bytes in which the server sent it. Its parts are read where they stand, when they are asked for.</summary>
/// <remarks>
/// In an informer it comes without managed fields unless they are kept, and always has <c>apiVersion</c> and <c>kind</c>. It never changes: <see cref="ToJsonNode"/> gives
/// a copy to change, <see cref="From"/> makes an object of it again. May be used from any thread.
/// </remarks>
[JsonConverter(typeof(DynamicObjectConverter))]
public sealed class DynamicObject : IKubernetesObject<V1ObjectMeta>
{
    private readonly byte[] _json;
    private readonly ObjectKey? _key;
    private readonly Range _metadata;
    private readonly Range _labels;
    private readonly Range _uid;
    private readonly Range _version;
    private V1ObjectMeta? _decodedMetadata;   // null until it is asked for

    private DynamicObject(byte[] json)
    {
        _json = json;
        var header = ObjectHeader.Read(json);
        _key = header.Key;
        _metadata = header.Metadata;
        _labels = header.Labels;
        _uid = header.Uid;
        _version = header.ResourceVersionRange;
        ApiVersion = JsonText.Read(json.AsSpan(header.ApiVersion), isPooled: true) ?? "";
        Kind = JsonText.Read(json.AsSpan(header.Kind), isPooled: true) ?? "";
    }

    /// <summary>The whole object as JSON.</summary>
    public ReadOnlyMemory<byte> Utf8 => _json;

    /// <summary>The object as a value, from which paths lead on.</summary>
    public DynamicValue Root => new(_json.AsSpan().Trim(" \t\r\n"u8));

    /// <summary>Namespace and name.</summary>
    /// <exception cref="InvalidOperationException">The object has no name (yet). One from a server has one.</exception>
    public ObjectKey Key => _key ?? throw new InvalidOperationException($"This {Kind} has no metadata.name.");

    /// <summary>The <c>apiVersion</c>; empty if it is not there.</summary>
    public string ApiVersion { get; }

    /// <summary>The <c>kind</c>; empty if it is not there.</summary>
    public string Kind { get; }

    /// <summary>The metadata. They are decoded when they are first asked for, and kept from then on.</summary>
    /// <exception cref="JsonException">A member of them is not what it must be. The message names it.</exception>
    public V1ObjectMeta Metadata => Volatile.Read(ref _decodedMetadata) ?? DecodeMetadata();

    string IKubernetesObject.ApiVersion
    {
        get => ApiVersion;
        set => throw Immutable();
    }

    string IKubernetesObject.Kind
    {
        get => Kind;
        set => throw Immutable();
    }

    V1ObjectMeta IMetadata<V1ObjectMeta>.Metadata
    {
        get => Metadata;
        set => throw Immutable();
    }

    internal bool HasName => _key is not null;

    internal string? Uid => JsonText.Read(UidJson, isPooled: false);

    internal ReadOnlySpan<byte> UidJson => _json.AsSpan(_uid);

    internal ReadOnlySpan<byte> VersionJson => _json.AsSpan(_version);

    /// <summary>The resource, its objects held in this form: what an informer of it is asked for with.</summary>
    public static KubeResource<DynamicObject> Of(KubeResource resource) => new(resource, FormJson.Default.DynamicObject);

    /// <summary>Reads an object.</summary>
    /// <param name="utf8">Its JSON, of which a copy is kept.</param>
    /// <exception cref="JsonException">The bytes are not one JSON object in UTF-8.</exception>
    public static DynamicObject Parse(ReadOnlySpan<byte> utf8)
    {
        Check(utf8);
        return new DynamicObject(utf8.ToArray());
    }

    /// <summary>Makes an object of a JSON tree, of which a copy is kept.</summary>
    public static DynamicObject From(JsonObject tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            tree.WriteTo(writer);
        }

        return new DynamicObject(stream.ToArray());
    }

    /// <inheritdoc cref="DynamicValue.TryGet"/>
    public bool TryGet(DynamicPath path, out DynamicValue value) => Root.TryGet(path, out value);

    /// <summary>The path leads to a value other than null.</summary>
    public bool Exists(DynamicPath path) => TryGet(path, out var value) && value.Kind != JsonValueKind.Null;

    /// <summary>The string that the path leads to, if it leads to one. Short strings that come again and again are not allocated again.</summary>
    public bool TryGetString(DynamicPath path, [NotNullWhen(true)] out string? value)
    {
        TryGet(path, out var found);
        return found.TryGetString(out value);
    }

    /// <summary>The whole number of 64 bits that the path leads to, if it leads to one.</summary>
    public bool TryGetInt64(DynamicPath path, out long value)
    {
        TryGet(path, out var found);
        return found.TryGetInt64(out value);
    }

    /// <summary>The number that the path leads to, if it leads to one.</summary>
    public bool TryGetDouble(DynamicPath path, out double value)
    {
        TryGet(path, out var found);
        return found.TryGetDouble(out value);
    }

    /// <summary>What the path leads to, if that is true or false.</summary>
    public bool TryGetBoolean(DynamicPath path, out bool value)
    {
        TryGet(path, out var found);
        return found.TryGetBoolean(out value);
    }

    /// <summary>The elements of the array that the path leads to; none if it leads to no array.</summary>
    public DynamicArray EnumerateArray(DynamicPath path)
    {
        TryGet(path, out var found);
        return found.EnumerateArray();
    }

    /// <summary>A copy as a tree, which may be changed.</summary>
    public JsonObject ToJsonNode() => JsonNode.Parse(_json)!.AsObject();

    /// <summary>The object as JSON.</summary>
    public override string ToString() => Encoding.UTF8.GetString(_json);

    /// <summary>Makes an object of bytes that are in nobody else's hands and have been checked.</summary>
    internal static DynamicObject Own(byte[] json) => new(json);

    /// <exception cref="JsonException">The bytes are not one JSON object in UTF-8.</exception>
    internal static void Check(ReadOnlySpan<byte> utf8)
    {
        if (!System.Text.Unicode.Utf8.IsValid(utf8))
        {
            throw new JsonException("The bytes are not UTF-8.");
        }

        var reader = new Utf8JsonReader(utf8);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("The bytes are not a JSON object.");
        }

        while (reader.Read())
        {
            // Each token is checked as it is passed.
        }
    }

    /// <summary>The bits of its labels.</summary>
    internal LabelSignature LabelSignature
    {
        get
        {
            var bits = 0ul;
            var json = _json.AsSpan(_labels);
            var labels = new JsonProperties(json);
            while (labels.MoveNext())
            {
                var key = JsonText.Read(json.Slice(labels.Start, labels.Name.Length + 2), isPooled: true);
                var value = JsonText.Read(labels.Value, isPooled: true);
                bits |= LabelSignature.Of(key ?? "", value ?? "").Bits;
            }

            return new LabelSignature(bits);
        }
    }

    /// <summary>The value of a label; <see langword="null"/> without it.</summary>
    internal string? Label(string key)
    {
        var labels = new JsonProperties(_json.AsSpan(_labels));
        while (labels.MoveNext())
        {
            if (Ascii.Equals(labels.Name, key))
            {
                return JsonText.Read(labels.Value, isPooled: true);
            }
        }

        return null;
    }

    private static NotSupportedException Immutable() =>
        new($"A {nameof(DynamicObject)} is never changed. Change a copy ({nameof(ToJsonNode)}) and make an object of it ({nameof(From)}).");

    private V1ObjectMeta DecodeMetadata()
    {
        var json = _json.AsSpan(_metadata);
        var reader = new Utf8JsonReader(json);
        var decoded = !json.IsEmpty && reader.Read() ? MetadataReader.Read(ref reader, keepManagedFields: true) : new V1ObjectMeta();
        return Interlocked.CompareExchange(ref _decodedMetadata, decoded, null) ?? decoded;
    }
}
