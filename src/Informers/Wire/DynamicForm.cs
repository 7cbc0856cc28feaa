using System.Text;
using System.Text.Json;

namespace CrMonitor.Informers;

/// <summary>Objects as their bytes. The bytes are checked once, when they come; what they say is read when somebody asks.</summary>
internal sealed class DynamicForm(KubeResource resource) : ObjectForm<DynamicObject>
{
    // Items of built-in kinds come without these two.
    private readonly byte[] _apiVersion = Encoding.UTF8.GetBytes($"\"apiVersion\":\"{resource.ApiVersion}\",");
    private readonly byte[] _kind = Encoding.UTF8.GetBytes($"\"kind\":\"{resource.Kind}\",");

    public override DynamicObject Decode(ReadOnlySpan<byte> json, in ObjectHeader header, ReadOnlySpan<byte> content)
    {
        DynamicObject.Check(content);
        var kind = JsonText.Read(json[header.Kind], isPooled: true);
        if (!string.IsNullOrEmpty(kind) && kind != resource.Kind)
        {
            throw new JsonException($"Its kind is '{kind}', not '{resource.Kind}'.");
        }

        var isComplete = header is { Kind.End.Value: > 0, ApiVersion.End.Value: > 0 };
        var decoded = DynamicObject.Own(isComplete ? content.ToArray() : Complete(content, header));
        return decoded.HasName ? decoded : throw new JsonException("It has no metadata with a name.");
    }

    public override ObjectKey KeyOf(DynamicObject held) => held.Key;

    public override string? UidOf(DynamicObject held) => held.Uid;

    public override string? VersionOf(DynamicObject held) => JsonText.Read(held.VersionJson, isPooled: false);

    public override bool IsSame(DynamicObject held, in ObjectHeader header) => header.IsVersion(held.UidJson, held.VersionJson);

    public override bool IsSame(DynamicObject held, DynamicObject other) =>
        held.VersionJson.Length > 2 && held.VersionJson.SequenceEqual(other.VersionJson) && held.UidJson.SequenceEqual(other.UidJson);

    private byte[] Complete(ReadOnlySpan<byte> content, in ObjectHeader header)
    {
        var inside = content.IndexOf((byte)'{') + 1;
        return
        [
            .. content[..inside],
            .. header.ApiVersion.End.Value == 0 ? _apiVersion : [],
            .. header.Kind.End.Value == 0 ? _kind : [],
            .. content[inside..],
        ];
    }
}
