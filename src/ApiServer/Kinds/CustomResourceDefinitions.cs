using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>Turns CustomResourceDefinition objects into the resources that they define.</summary>
internal static class CustomResourceDefinitions
{
    public static string NameOf(JsonObject crd) => (string)crd["metadata"]!["name"]!;

    public static bool HasCondition(JsonObject crd, string type) => crd["status"].Get("conditions") is JsonArray conditions
        && conditions.Any(c => c.Get("type").Text() == type && c.Get("status").Text() == "True");

    /// <summary>The served versions, the preferred first. Empty while the definition is not established.</summary>
    /// <exception cref="FormatException">A schema cannot be read.</exception>
    public static IReadOnlyList<ResourceDefinition> ToResources(JsonObject crd)
    {
        if (!HasCondition(crd, "Established"))
        {
            return [];
        }

        var spec = crd["spec"]!.AsObject();
        var versions = spec["versions"]!.AsArray().OfType<JsonObject>().ToList();
        var storage = versions.First(v => v["storage"].IsTrue());
        var result = new List<ResourceDefinition>();
        foreach (var version in versions.Where(v => v["served"].IsTrue()))
        {
            result.Add(ToResource(crd, spec, version, (string)storage["name"]!));
        }

        result.Sort((a, b) => KubernetesVersion.Compare(a.Version, b.Version));
        return result;
    }

    private static ResourceDefinition ToResource(JsonObject crd, JsonObject spec, JsonObject version, string storageVersion)
    {
        // What is served are the accepted names: they stay while a change of the names waits for a conflict to go away.
        var names = crd["status"]!["acceptedNames"]!.AsObject();
        var group = (string)spec["group"]!;
        var kind = (string)names["kind"]!;
        var source = version["schema"].Get("openAPIV3Schema") as JsonObject ?? new JsonObject { ["type"] = "object" };
        var schema = StructuralSchema.Parse(source);
        var subresources = version["subresources"] as JsonObject;
        var scale = subresources.Get("scale") is JsonObject s
            ? new ScaleSubresource((string)s["specReplicasPath"]!, (string)s["statusReplicasPath"]!, s["labelSelectorPath"].Text())
            : null;
        var columns = (version["additionalPrinterColumns"] as JsonArray)?.OfType<JsonObject>().Select(ToColumn).ToList() ?? [];
        return new ResourceDefinition
        {
            Group = group,
            Version = (string)version["name"]!,
            Plural = (string)names["plural"]!,
            Singular = names["singular"].Text() ?? Lower(kind),
            Kind = kind,
            ListKind = names["listKind"].Text() ?? kind + "List",
            IsNamespaced = spec["scope"].Text() == "Namespaced",
            Schema = schema.AsResource(),
            SchemaSource = source.DeepClone().AsObject(),
            ShortNames = Strings(names["shortNames"]),
            Categories = Strings(names["categories"]),
            HasStatus = subresources?.ContainsKey("status") ?? false,
            Scale = scale,
            PrinterColumns = [CommonColumns.Name, .. columns.Count == 0 ? [CommonColumns.CustomAge] : columns],
            SelectableFields = [.. version["selectableFields"].Elements().Select(f => ToSelectableField((string)f!["jsonPath"]!))],
            Strategy = new CustomResourceStrategy(scale),
            DeprecationWarning = version["deprecated"].IsTrue()
                ? version["deprecationWarning"].Text() ?? $"{group}/{(string)version["name"]!} {kind} is deprecated"
                : null,
            StorageApiVersion = $"{group}/{storageVersion}",
        };
    }

    private static PrinterColumn ToColumn(JsonObject column) => new(
        (string)column["name"]!,
        (string)column["type"]!,
        (string)column["jsonPath"]!,
        column["format"].Text() ?? "",
        column["description"].Text() ?? $"Custom resource definition column (in JSONPath format): {(string)column["jsonPath"]!}",
        column["priority"] is { } priority ? (int)(JsonNumber.From(priority)?.Integer ?? 0) : 0);

    private static SelectableField ToSelectableField(string jsonPath) => new(jsonPath.TrimStart('.'));

    private static string[] Strings(JsonNode? node) =>
        node is JsonArray array ? [.. array.Where(n => n?.GetValueKind() == JsonValueKind.String).Select(n => n!.GetValue<string>())] : [];

    private static string Lower(string kind) => string.Create(kind.Length, kind, (span, text) => text.AsSpan().ToLowerInvariant(span));
}
