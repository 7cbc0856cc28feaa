using System.Text;

namespace CrMonitor.ApiServer.Storage;

/// <summary>One version of one object: its JSON as it goes to clients, and what queries need of it. Immutable.</summary>
/// <remarks>
/// The JSON is written before its revision is known, with a likely <c>metadata.resourceVersion</c> (a draft, <see cref="Revision"/> 0);
/// the store splices the revision in while it holds its lock, so that encoding an object never happens under that lock.
/// </remarks>
internal sealed class StoredObject
{
    private readonly byte[] _json;
    private readonly int _versionStart;
    private readonly int _versionLength;

    public StoredObject(
        string key,
        string ns,
        string name,
        string uid,
        string apiVersion,
        IReadOnlyDictionary<string, string> labels,
        long revision,
        byte[] json,
        int versionStart,
        int versionLength)
    {
        Key = key;
        Namespace = ns;
        Name = name;
        Uid = uid;
        ApiVersion = apiVersion;
        Labels = labels;
        Revision = revision;
        _json = json;
        _versionStart = versionStart;
        _versionLength = versionLength;
    }

    /// <summary><c>namespace/name</c>, or the name alone: objects are kept in the ordinal order of this.</summary>
    public string Key { get; }

    /// <summary>Empty for objects of the cluster.</summary>
    public string Namespace { get; }

    public string Name { get; }

    public string Uid { get; }

    /// <summary>The version in which the JSON is written.</summary>
    public string ApiVersion { get; }

    public IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>The revision of the write that made this version; 0 for a draft.</summary>
    public long Revision { get; }

    /// <summary>UTF-8, one object, without white space around it.</summary>
    public ReadOnlyMemory<byte> Json => _json;

    /// <summary>The bytes of the JSON but for its <c>resourceVersion</c>.</summary>
    public int LengthWithoutVersion => _json.Length - _versionLength;

    public static string KeyOf(string ns, string name) => ns.Length == 0 ? name : $"{ns}/{name}";

    /// <summary>An object that is good for nothing but to be looked for: it has a key alone.</summary>
    public static StoredObject Probe(string key) => new(key, "", key, "", "", NoLabels, 0, [], 0, 0);

    /// <summary>The same object with another <c>resourceVersion</c>. A draft is not to be used afterwards: its JSON may have become the new object's.</summary>
    public StoredObject WithRevision(long revision)
    {
        Span<byte> digits = stackalloc byte[20];
        _ = revision.TryFormat(digits, out var length, provider: System.Globalization.CultureInfo.InvariantCulture);
        if (Revision == 0 && length == _versionLength)
        {
            digits[..length].CopyTo(_json.AsSpan(_versionStart));
            return new StoredObject(Key, Namespace, Name, Uid, ApiVersion, Labels, revision, _json, _versionStart, length);
        }

        var json = new byte[_json.Length - _versionLength + length];
        _json.AsSpan(0, _versionStart).CopyTo(json);
        digits[..length].CopyTo(json.AsSpan(_versionStart));
        _json.AsSpan(_versionStart + _versionLength).CopyTo(json.AsSpan(_versionStart + length));
        return new StoredObject(Key, Namespace, Name, Uid, ApiVersion, Labels, revision, json, _versionStart, length);
    }

    public override string ToString() => Encoding.UTF8.GetString(_json);

    public static readonly IReadOnlyDictionary<string, string> NoLabels = new Dictionary<string, string>();
}
