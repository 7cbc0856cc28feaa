using System.Text.Json;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>The patch that makes a status what it is to be.</summary>
internal static class StatusPatch
{
    private static readonly JsonElement Nothing = JsonElement.Parse("{}"u8);

    /// <summary>Where it goes.</summary>
    public static WriteOptions Subresource { get; } = new() { Subresource = "status" };

    /// <summary>What differs between the status of <paramref name="current"/> and <paramref name="status"/>; <see langword="null"/> if there is nothing to write.</summary>
    /// <param name="current">The object that the status was computed for.</param>
    /// <param name="status">The whole status as it is to be.</param>
    /// <param name="options">Which fields alone are no reason to write.</param>
    /// <param name="json">How the status is written.</param>
    public static KubePatch? Of<T, TStatus>(T current, TStatus status, StatusPatchOptions options, JsonSerializerOptions json)
        where T : IKubernetesObject<V1ObjectMeta>, IStatus<TStatus>
    {
        var contract = NullFree.Contract<TStatus>(json);
        var (before, after) = (JsonSerializer.SerializeToUtf8Bytes(current.Status, contract), JsonSerializer.SerializeToUtf8Bytes(status, contract));
        if (before.AsSpan().SequenceEqual(after))
        {
            return null;
        }

        using var known = JsonDocument.Parse(before);
        using var wanted = JsonDocument.Parse(after);
        var (from, to) = (AsObject(known.RootElement), AsObject(wanted.RootElement));
        if (!MergeDiff.Differ(from, to, options.IgnoredFields))
        {
            return null;
        }

        return KubePatch.Merge(JsonBytes.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WritePropertyName("status"u8);
            MergeDiff.Write(writer, from, to);
            if (options.OnlyThisVersion)
            {
                writer.WriteStartObject("metadata"u8);
                writer.WriteString("resourceVersion"u8, current.Metadata.ResourceVersion);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }));
    }

    private static JsonElement AsObject(JsonElement status) => status.ValueKind == JsonValueKind.Object ? status : Nothing;
}
