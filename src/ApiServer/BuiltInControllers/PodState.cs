using System.Globalization;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;

namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>What the controller of a ReplicaSet keeps of a pod.</summary>
internal sealed record PodState
{
    public required string Name { get; init; }

    public required string Uid { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Whether it has neither ended nor is being deleted.</summary>
    public required bool IsActive { get; init; }

    /// <summary>Since when it is ready; <see langword="null"/> while it is not.</summary>
    public required DateTimeOffset? ReadySince { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public static PodState Read(JsonNode pod)
    {
        var metadata = pod["metadata"];
        var ready = pod["status"].Get("conditions").Elements().FirstOrDefault(static condition => condition.Get("type").Text() == "Ready");
        var created = Time(metadata.Get("creationTimestamp"))!.Value;
        return new PodState
        {
            Name = metadata.Get("name").Text()!,
            Uid = metadata.Get("uid").Text()!,
            Created = created,
            IsActive = metadata.Get("deletionTimestamp") is null && pod["status"].Get("phase").Text() is not ("Succeeded" or "Failed"),
            ReadySince = ready.Get("status").Text() == "True" ? Time(ready.Get("lastTransitionTime")) ?? created : null,
            Labels = (metadata.Get("labels") as JsonObject ?? []).ToDictionary(
                static label => label.Key, static label => label.Value.Text() ?? "", StringComparer.Ordinal),
        };
    }

    private static DateTimeOffset? Time(JsonNode? node) =>
        DateTimeOffset.TryParse(node.Text(), CultureInfo.InvariantCulture, out var time) ? time : null;
}
