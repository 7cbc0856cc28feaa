namespace CrMonitor.Controllers;

/// <summary>Writes <c>events.k8s.io/v1</c> objects.</summary>
internal static class EventJson
{
    public static ReadOnlyMemory<byte> Event(string name, EventIdentity identity, DateTimeOffset time, string controller, string instance) =>
        JsonBytes.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("apiVersion"u8, "events.k8s.io/v1"u8);
            writer.WriteString("kind"u8, "Event"u8);
            writer.WriteStartObject("metadata"u8);
            writer.WriteString("name"u8, name);
            writer.WriteString("namespace"u8, identity.EventNamespace);
            writer.WriteEndObject();
            writer.WriteString("eventTime"u8, MicroTime.Write(time));
            writer.WriteString("reportingController"u8, controller);
            writer.WriteString("reportingInstance"u8, instance);
            writer.WriteString("action"u8, identity.Action);
            writer.WriteString("reason"u8, identity.Reason);
            writer.WriteString("note"u8, identity.Note);
            writer.WriteString("type"u8, identity.Type.ToString());
            writer.WriteStartObject("regarding"u8);
            writer.WriteString("apiVersion"u8, identity.ApiVersion);
            writer.WriteString("kind"u8, identity.Kind);
            writer.WriteString("name"u8, identity.Name);
            if (identity.Namespace is not null)
            {
                writer.WriteString("namespace"u8, identity.Namespace);
            }

            if (identity.Uid is not null)
            {
                writer.WriteString("uid"u8, identity.Uid);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        });

    public static ReadOnlyMemory<byte> SeriesPatch(int count, DateTimeOffset lastTime) => JsonBytes.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteStartObject("series"u8);
        writer.WriteNumber("count"u8, count);
        writer.WriteString("lastObservedTime"u8, MicroTime.Write(lastTime));
        writer.WriteEndObject();
        writer.WriteEndObject();
    });
}
