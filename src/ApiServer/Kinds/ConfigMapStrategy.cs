using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>A ConfigMap: its keys have a form, each is in one place, and an immutable one stays as it is.</summary>
internal sealed class ConfigMapStrategy : ResourceStrategy
{
    public override IEnumerable<FieldError> Validate(JsonObject obj, JsonObject? old)
    {
        if (old is not null && old["immutable"].IsTrue())
        {
            foreach (var field in new[] { "immutable", "data", "binaryData" })
            {
                if (!JsonNode.DeepEquals(obj[field], old[field]))
                {
                    yield return FieldErrors.Forbidden(field, "field is immutable when `immutable` is set");
                }
            }
        }

        foreach (var error in DataKeys.Validate(obj, "data").Concat(DataKeys.Validate(obj, "binaryData")))
        {
            yield return error;
        }

        foreach (var (key, _) in obj["data"] as JsonObject ?? [])
        {
            if (obj["binaryData"].Get(key) is not null)
            {
                yield return FieldErrors.Invalid($"data[{key}]", key, "duplicate of key present in binaryData");
            }
        }
    }
}
