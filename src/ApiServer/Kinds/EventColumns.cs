using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>What <c>kubectl get events</c> shows, for either form of an event.</summary>
internal static class EventColumns
{
    public static IReadOnlyList<PrinterColumn> All { get; } =
    [
        new("Last Seen", "string", "", Description: "The time at which the most recent occurrence of this event was recorded.") { Cell = (obj, now) => LastSeen(obj, now) },
        new("Type", "string", "", Description: "Type of this event (Normal, Warning), new types could be added in the future.") { Cell = (obj, _) => obj["type"].Text() ?? "" },
        new("Reason", "string", "", Description: "This should be a short, machine understandable string that gives the reason for the transition into the object's current status.")
        {
            Cell = (obj, _) => obj["reason"].Text() ?? "",
        },
        new("Object", "string", "", Description: "The object that this event is about.") { Cell = (obj, _) => Regarding(obj) },
        new("Subobject", "string", "", Description: "The part of the object that this event is about.", Priority: 1)
        {
            Cell = (obj, _) => Either(obj, "involvedObject", "regarding").Get("fieldPath").Text() ?? "",
        },
        new("Source", "string", "", Description: "The component reporting this event.", Priority: 1) { Cell = (obj, _) => Source(obj) },
        new("Message", "string", "", Description: "A human-readable description of the status of this operation.") { Cell = (obj, _) => (Either(obj, "message", "note").Text() ?? "").Trim() },
        new("First Seen", "string", "", Description: "The time at which the event was first recorded.", Priority: 1) { Cell = (obj, now) => FirstSeen(obj, now) },
        new("Count", "string", "", Description: "The number of times this event has occurred.", Priority: 1) { Cell = (obj, _) => Count(obj) },
        CommonColumns.Name with { Priority = 1 },
    ];

    private static JsonNode? Either(JsonObject obj, string core, string events) => obj[core] ?? obj[events];

    private static string LastSeen(JsonObject obj, DateTimeOffset now) =>
        obj["series"].Get("lastObservedTime") is { } observed ? HumanDuration.Since(observed, now)
        : Either(obj, "lastTimestamp", "deprecatedLastTimestamp") is { } last ? HumanDuration.Since(last, now)
        : FirstSeen(obj, now);

    private static string FirstSeen(JsonObject obj, DateTimeOffset now) =>
        HumanDuration.Since(Either(obj, "firstTimestamp", "deprecatedFirstTimestamp") ?? obj["eventTime"], now);

    private static long Count(JsonObject obj)
    {
        var series = DeploymentColumns.Count(obj["series"], "count");
        var count = Math.Max(DeploymentColumns.Count(obj, "count"), DeploymentColumns.Count(obj, "deprecatedCount"));
        return series > 0 ? series : Math.Max(count, 1);
    }

    private static string Regarding(JsonObject obj)
    {
        var reference = Either(obj, "involvedObject", "regarding");
        var kind = reference.Get("kind").Text() ?? "";
        return string.Create(kind.Length, kind, (span, text) => text.AsSpan().ToLowerInvariant(span)) + "/" + (reference.Get("name").Text() ?? "");
    }

    private static string Source(JsonObject obj)
    {
        var source = Either(obj, "source", "deprecatedSource");
        var component = source.Get("component").Text() is { Length: > 0 } named
            ? named
            : Either(obj, "reportingComponent", "reportingController").Text() ?? "";
        return source.Get("host").Text() is { Length: > 0 } host ? $"{component}, {host}" : component;
    }
}
