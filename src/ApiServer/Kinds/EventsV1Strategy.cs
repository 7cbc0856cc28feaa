using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>An event of the group events.k8s.io: another form of the same stored object.</summary>
internal sealed class EventsV1Strategy : EventStrategy
{
    private static readonly (string EventsV1, string Core)[] Names =
    [
        ("regarding", "involvedObject"),
        ("note", "message"),
        ("reportingController", "reportingComponent"),
        ("deprecatedSource", "source"),
        ("deprecatedFirstTimestamp", "firstTimestamp"),
        ("deprecatedLastTimestamp", "lastTimestamp"),
        ("deprecatedCount", "count"),
    ];

    public override IEnumerable<FieldError> Validate(JsonObject obj, JsonObject? old)
    {
        foreach (var error in base.Validate(obj, old))
        {
            yield return error;
        }

        if (old is not null)
        {
            yield break;
        }

        if (obj["eventTime"] is null)
        {
            yield return FieldErrors.Required("eventTime");
        }

        foreach (var field in new[] { "reportingController", "reportingInstance", "action", "reason" })
        {
            if (obj[field].Text() is null or "")
            {
                yield return FieldErrors.Required(field);
            }
        }

        if (obj["type"].Text() is not ("Normal" or "Warning"))
        {
            yield return FieldErrors.Invalid("type", "", $"has invalid value: {obj["type"].Text()}");
        }
    }

    public override void ConvertToStorage(JsonObject obj, ResourceDefinition definition)
    {
        base.ConvertToStorage(obj, definition);
        foreach (var (events, core) in Names)
        {
            Rename(obj, events, core);
        }
    }

    public override void ConvertFromStorage(JsonObject obj, ResourceDefinition definition)
    {
        base.ConvertFromStorage(obj, definition);
        foreach (var (events, core) in Names)
        {
            Rename(obj, core, events);
        }
    }

    private static void Rename(JsonObject obj, string from, string to)
    {
        if (obj.Remove(from, out var value))
        {
            obj[to] = value;
        }
    }
}
