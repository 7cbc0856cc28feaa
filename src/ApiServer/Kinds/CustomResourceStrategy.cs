using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>A custom resource: what its schema cannot say is only that the fields of the scale subresource are counts.</summary>
internal sealed class CustomResourceStrategy(ScaleSubresource? scale) : ResourceStrategy
{
    public override bool AllowsUnconditionalUpdate => false;

    public override bool TracksGeneration => true;

    public override IEnumerable<FieldError> Validate(JsonObject obj, JsonObject? old)
    {
        if (scale is null)
        {
            return [];
        }

        return Check(scale.SpecReplicasPath).Concat(Check(scale.StatusReplicasPath));

        IEnumerable<FieldError> Check(string path)
        {
            JsonNode? node = obj;
            foreach (var name in path.TrimStart('.').Split('.'))
            {
                if (node is not JsonObject parent)
                {
                    yield return FieldErrors.Invalid(path, 0, $"{path} accessor error: {Show(node)}, expected map[string]interface{{}}");
                    yield break;
                }

                if (!parent.TryGetPropertyValue(name, out node))
                {
                    yield break;
                }
            }

            if (JsonNumber.From(node) is not { IsInteger: true, Integer: var count })
            {
                yield return FieldErrors.Invalid(path, 0, $"{path} accessor error: {Show(node)}, expected int64");
            }
            else if (count < 0)
            {
                yield return FieldErrors.Invalid(path, count, "should be a non-negative integer");
            }
            else if (count > int.MaxValue)
            {
                yield return FieldErrors.Invalid(path, count, "should be less than or equal to 2147483647");
            }
        }
    }

    private static string Show(JsonNode? node) => node switch
    {
        null => "<nil> is of the type <nil>",
        JsonObject or JsonArray => GoText.Json(node) + " is of the type " + (node is JsonObject ? "map[string]interface {}" : "[]interface {}"),
        _ when JsonNumber.From(node) is { } n => n.IsInteger
            ? $"{n.Integer} is of the type int64"
            : $"{GoText.Float(n.Float)} is of the type float64",
        _ => node.ToString() + " is of the type " + (node.GetValueKind() == System.Text.Json.JsonValueKind.String ? "string" : "bool"),
    };
}
