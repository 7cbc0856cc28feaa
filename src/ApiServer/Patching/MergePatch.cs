using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;

namespace CrMonitor.ApiServer.Patching;

/// <summary>JSON merge patch (RFC 7386). As Kubernetes does, it drops nulls from objects that lie in new lists too.</summary>
internal static class MergePatch
{
    /// <summary>Merges the patch: a null removes a field, an object is merged, anything else replaces.</summary>
    /// <param name="target">The object. Not changed.</param>
    /// <param name="patch">The body of the request. Not changed, and nothing of it is shared with the result.</param>
    /// <returns>A new object.</returns>
    /// <exception cref="ApiException">400 for a patch that is no object.</exception>
    public static JsonObject Apply(JsonObject target, JsonNode? patch)
    {
        switch (patch)
        {
            case null:
                throw PatchErrors.BadRequest("Invalid JSON Patch");
            case JsonObject fields:
                var result = (JsonObject)target.DeepClone();
                Merge(result, fields);
                return result;
            default:
                throw PatchErrors.CannotDecode(patch, "value of type map[string]interface {}");
        }
    }

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else if (value is JsonObject fields && target[name] is JsonObject current)
            {
                Merge(current, fields);
            }
            else
            {
                target[name] = WithoutNulls(value);
            }
        }
    }

    private static JsonNode WithoutNulls(JsonNode value)
    {
        switch (value)
        {
            case JsonObject obj:
                var copy = new JsonObject();
                foreach (var (name, field) in obj)
                {
                    if (field is not null)
                    {
                        copy[name] = WithoutNulls(field);
                    }
                }

                return copy;
            case JsonArray list:
                return new JsonArray([.. list.Select(static item => item is null ? null : WithoutNulls(item))]);
            default:
                return value.DeepClone();
        }
    }
}
