using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;

namespace CrMonitor.ApiServer.Http;

/// <summary>
/// The OpenAPI v3 documents of one snapshot of the registry, one for each group and version, as <c>kubectl explain</c> and <c>apply</c> read them.
/// Each is made when it is first asked for. May be used from any thread.
/// </summary>
internal sealed class OpenApiDocuments
{
    private static readonly ConditionalWeakTable<RegistrySnapshot, OpenApiDocuments> BySnapshot = [];

    private readonly RegistrySnapshot _snapshot;
    private readonly ConcurrentDictionary<(string Group, string Version), byte[]?> _documents = new();
    private readonly Lazy<byte[]> _index;
    private readonly Lazy<byte[]> _v2;

    private OpenApiDocuments(RegistrySnapshot snapshot)
    {
        _snapshot = snapshot;
        _index = new Lazy<byte[]>(CreateIndex);
        _v2 = new Lazy<byte[]>(() => Utf8(OpenApiV2Document.Create(snapshot)));
    }

    /// <summary>The documents of a snapshot; they live as long as it does.</summary>
    public static OpenApiDocuments For(RegistrySnapshot snapshot) => BySnapshot.GetValue(snapshot, s => new OpenApiDocuments(s));

    /// <summary><c>/openapi/v3</c>: where the documents are. A document's address changes with its content.</summary>
    public ReadOnlyMemory<byte> Index => _index.Value;

    /// <summary><c>/openapi/v2</c>: everything in one older document.</summary>
    public ReadOnlyMemory<byte> V2 => _v2.Value;

    /// <summary><c>/openapi/v3/api/v1</c> and <c>/openapi/v3/apis/GROUP/VERSION</c>; <see langword="null"/> where there is no such version.</summary>
    public ReadOnlyMemory<byte>? Document(string group, string version)
    {
        var document = _documents.GetOrAdd(
            (group, version), key => OpenApiDocument.Create(_snapshot, key.Group, key.Version) is { } created ? Utf8(created) : null);
        return document is null ? default(ReadOnlyMemory<byte>?) : document;
    }

    private byte[] CreateIndex()
    {
        var paths = new JsonObject();
        foreach (var (group, version) in _snapshot.All.Select(d => (d.Group, d.Version)).Distinct().OrderBy(p => p.Group, StringComparer.Ordinal))
        {
            var path = group.Length == 0 ? $"api/{version}" : $"apis/{group}/{version}";
            var hash = Convert.ToHexString(SHA512.HashData(Document(group, version)!.Value.Span));
            paths[path] = new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{path}?hash={hash}" };
        }

        return Utf8(new JsonObject { ["paths"] = paths });
    }

    private static byte[] Utf8(JsonObject document)
    {
        using var buffer = new MemoryStream();
        using (var writer = new System.Text.Json.Utf8JsonWriter(buffer))
        {
            document.WriteTo(writer);
        }

        return buffer.ToArray();
    }
}
