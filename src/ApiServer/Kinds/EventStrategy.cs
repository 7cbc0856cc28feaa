using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>An event of the core group, which is also how both forms of an event are stored.</summary>
internal class EventStrategy : ResourceStrategy
{
    public override bool AllowsCreateOnUpdate => true;

    public override IEnumerable<FieldError> Validate(JsonObject obj, JsonObject? old)
    {
        var ns = obj["metadata"].Get("namespace").Text() ?? "";
        var reference = obj["involvedObject"] ?? obj["regarding"];
        var involved = reference.Get("namespace").Text() ?? "";

        // An event about a cluster-scoped object lives in the namespace default.
        if (involved.Length == 0 ? ns is not ("default" or "kube-system" or "") : involved != ns)
        {
            yield return FieldErrors.Invalid("involvedObject.namespace", involved, "does not match event.namespace");
        }
    }
}
