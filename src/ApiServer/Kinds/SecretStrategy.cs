using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>A Secret: <c>stringData</c> is written only, and becomes <c>data</c>.</summary>
internal sealed class SecretStrategy : ResourceStrategy
{
    public override void SetDefaults(JsonObject obj)
    {
        if (obj["stringData"] is not JsonObject strings || strings.Any(s => s.Value?.GetValueKind() != JsonValueKind.String))
        {
            return;
        }

        if (obj["data"] is null)
        {
            obj["data"] = new JsonObject();
        }

        if (obj["data"] is JsonObject data)
        {
            foreach (var (key, value) in strings)
            {
                data[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(value!.GetValue<string>()));
            }

            obj.Remove("stringData");
        }
    }

    public override IEnumerable<FieldError> Validate(JsonObject obj, JsonObject? old)
    {
        foreach (var error in DataKeys.Validate(obj, "data"))
        {
            yield return error;
        }

        string[] required = obj["type"].Text() switch
        {
            "kubernetes.io/tls" => ["tls.crt", "tls.key"],
            "kubernetes.io/dockercfg" => [".dockercfg"],
            "kubernetes.io/dockerconfigjson" => [".dockerconfigjson"],
            "kubernetes.io/ssh-auth" => ["ssh-privatekey"],
            _ => [],
        };
        foreach (var key in required.Where(key => obj["data"].Get(key) is null))
        {
            yield return FieldErrors.Required($"data[{key}]");
        }

        if (old is null)
        {
            yield break;
        }

        if (!JsonNode.DeepEquals(obj["type"], old["type"]))
        {
            yield return FieldErrors.Invalid("type", obj["type"], "field is immutable");
        }

        if (old["immutable"].IsTrue() && !obj["immutable"].IsTrue())
        {
            yield return FieldErrors.Forbidden("immutable", "field is immutable when `immutable` is set");
        }

        if (old["immutable"].IsTrue() && !JsonNode.DeepEquals(obj["data"], old["data"]))
        {
            yield return FieldErrors.Forbidden("data", "field is immutable when `immutable` is set");
        }
    }
}
