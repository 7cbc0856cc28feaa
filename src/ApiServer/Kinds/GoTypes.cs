using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Schema;
using CrMonitor.ApiServer.Verbs;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>Finds values whose JSON type is not that of their field, which a Kubernetes API server cannot read into its Go types.</summary>
internal static class GoTypes
{
    // The Go types of fields, by the type that they are in and their name; an empty type stands for any.
    private static readonly Dictionary<(string Parent, string Field), string> Structs = new()
    {
        [("", "metadata")] = "ObjectMeta",
        [("", "selector")] = "LabelSelector",
        [("", "template")] = "PodTemplateSpec",
        [("PodTemplateSpec", "spec")] = "PodSpec",
        [("", "containers")] = "Container",
        [("", "initContainers")] = "Container",
        [("Container", "ports")] = "ContainerPort",
        [("ServiceSpec", "ports")] = "ServicePort",
        [("Container", "env")] = "EnvVar",
        [("Container", "resources")] = "ResourceRequirements",
        [("Container", "volumeMounts")] = "VolumeMount",
        [("Container", "livenessProbe")] = "Probe",
        [("Container", "readinessProbe")] = "Probe",
        [("Container", "startupProbe")] = "Probe",
        [("PodSpec", "volumes")] = "Volume",
        [("DeploymentSpec", "strategy")] = "DeploymentStrategy",
        [("DeploymentStrategy", "rollingUpdate")] = "RollingUpdateDeployment",
        [("", "ownerReferences")] = "OwnerReference",
        [("DeploymentStatus", "conditions")] = "DeploymentCondition",
        [("ReplicaSetStatus", "conditions")] = "ReplicaSetCondition",
        [("PodStatus", "conditions")] = "PodCondition",
    };

    private static readonly SearchValues<char> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/\r\n");

    // Maps whose values are bytes: base64 in JSON, which reads itself. Their schemas say no more than that they are strings.
    private static readonly HashSet<(string Kind, string Field)> Bytes = [("ConfigMap", "binaryData"), ("Secret", "data")];

    /// <summary>The first such value, as the message of Go's decoder; <see langword="null"/> where there is none.</summary>
    public static string? FindMismatch(ResourceDefinition definition, JsonObject obj) =>
        InStruct(obj, definition.Schema, definition.Kind, definition.Kind, "");

    private static string? InStruct(JsonObject obj, StructuralSchema schema, string kind, string type, string path)
    {
        foreach (var (name, value) in obj)
        {
            if (value is not null && schema.Properties.TryGetValue(name, out var field))
            {
                var fieldType = Structs.GetValueOrDefault((type, name)) ?? Structs.GetValueOrDefault(("", name))
                    ?? (path.Length == 0 && name is ("spec" or "status") ? kind : "") + char.ToUpperInvariant(name[0]) + name[1..];
                if (path.Length == 0 && Bytes.Contains((kind, name)) && value is JsonObject map && FindIllegalBytes(map) is { } illegal)
                {
                    return illegal;
                }

                if (Find(value, field, kind, type, path.Length == 0 ? name : $"{path}.{name}", fieldType) is { } mismatch)
                {
                    return mismatch;
                }
            }
        }

        return null;
    }

    private static string? FindIllegalBytes(JsonObject map)
    {
        foreach (var (_, value) in map)
        {
            if (value?.GetValueKind() != JsonValueKind.String)
            {
                continue;
            }

            // Line breaks are skipped, as Go's decoder does; where it stops is the first character that is none of base64, or the end.
            var text = value.GetValue<string>();
            if (!Base64.IsValid(text.Replace("\n", "", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal))
                || text.AsSpan().ContainsAny(' ', '\t'))
            {
                var at = text.AsSpan().IndexOfAnyExcept(Alphabet);
                return $"illegal base64 data at input byte {(at < 0 ? text.Length : at)}";
            }
        }

        return null;
    }

    private static string? Find(JsonNode? value, StructuralSchema schema, string kind, string parent, string path, string type)
    {
        if (value is null)
        {
            return null;
        }

        switch (schema.Type)
        {
            case "object" when value is JsonObject obj:
                return schema.AdditionalProperties is { } item
                    ? obj.Select(pair => Find(pair.Value, item, kind, parent, path, type)).FirstOrDefault(static mismatch => mismatch is not null)
                    : InStruct(obj, schema, kind, type, path);
            case "array" when value is JsonArray array:
                return schema.Items is { } items
                    ? array.Select(element => Find(element, items, kind, parent, path, type)).FirstOrDefault(static mismatch => mismatch is not null)
                    : null;
            case "string" when value.GetValueKind() == JsonValueKind.String:
            case "boolean" when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False:
            case "integer" when JsonNumber.From(value) is { IsInteger: true }:
            case not ("object" or "array" or "string" or "boolean" or "integer"):
                return null;
            case var expected:
                var found = ObjectDecoder.TypeName(value);
                if (schema.Format == "date-time")
                {
                    // Times read themselves, and name no field.
                    return $"json: cannot unmarshal {found} into Go value of type string";
                }

                if (expected == "integer" && found == "number")
                {
                    found = $"number {value.ToJsonString()}";
                }

                return $"json: cannot unmarshal {found} into Go struct field {parent}.{path} of type {NameOf(schema, type)}";
        }
    }

    private static string NameOf(StructuralSchema schema, string type) => schema.Type switch
    {
        "boolean" => "bool",
        "integer" => schema.Format ?? "int64",
        "array" => $"[]{(schema.Items is { } items ? NameOf(items, type) : "string")}",
        "object" => schema.AdditionalProperties is { } values ? $"map[string]{NameOf(values, type)}" : $"v1.{type}",
        _ => "string",
    };
}
