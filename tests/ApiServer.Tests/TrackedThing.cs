using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Patching;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Tests;

/// <summary>One object of the kind Thing and those who write it, without a server: each write takes the place of the live object.</summary>
internal sealed class TrackedThing
{
    public const string ApiVersion = "example.com/v1";

    private static readonly StructuralSchema Text = new() { Type = "string" };
    private static readonly StructuralSchema Integer = new() { Type = "integer" };
    private static readonly StructuralSchema Texts = new() { Type = "object", AdditionalProperties = Text };

    public static readonly StructuralSchema ThingSchema = Map(
        ("spec", Map(
            ("replicas", Integer),
            ("image", Text),
            ("paused", new StructuralSchema { Type = "boolean" }),
            ("labels", Texts),
            ("tags", new StructuralSchema { Type = "array", ListType = "set", Items = Text }),
            ("args", new StructuralSchema { Type = "array", Items = Text }),
            ("containers", ListMap(["name"], ("name", Text), ("image", Text), ("env", Texts))),
            ("ports", ListMap(
                ["port", "protocol"],
                ("port", Integer),
                ("protocol", new StructuralSchema { Type = "string", Default = JsonValue.Create("TCP") }),
                ("name", Text))),
            ("atom", new StructuralSchema { Type = "object", IsAtomicMap = true, Properties = new Dictionary<string, StructuralSchema> { ["a"] = Text, ["b"] = Text } }),
            ("any", new StructuralSchema { PreservesUnknownFields = true }),
            ("free", new StructuralSchema { Type = "object", PreservesUnknownFields = true }),
            ("count", new StructuralSchema { IsIntOrString = true }),
            ("nested", Map(("x", Map(("y", Text), ("z", Text))))))),
        ("status", Map(
            ("phase", Text),
            ("n", Integer),
            ("conditions", ListMap(["type"], ("type", Text), ("status", Text))))));

    public JsonObject? Live { get; set; }

    public DateTimeOffset Now { get; set; } = new(2026, 11, 22, 16, 0, 0, TimeSpan.Zero);

    public static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;

    /// <summary>A Thing named <c>web</c> with the given members beside apiVersion, kind and metadata.</summary>
    public static JsonObject Thing(string members = "", string metadata = "")
    {
        var comma = members.Length == 0 ? "" : ",";
        var metadataComma = metadata.Length == 0 ? "" : ",";
        return Parse(
            $$"""{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"web"{{metadataComma}}{{metadata}}}{{comma}}{{members}}}""");
    }

    public FieldManagerContext By(string manager, bool force = false, string? subresource = null) => new()
    {
        Schema = ThingSchema,
        ApiVersion = ApiVersion,
        Kind = "Thing",
        Manager = manager,
        Force = force,
        Subresource = subresource,
        HasStatus = true,
        Now = Now,
    };

    public JsonObject Create(string manager, JsonObject obj)
    {
        ManagedFields.Update(null, obj, By(manager));
        return Live = obj;
    }

    public JsonObject Merge(string manager, string patch, string? subresource = null)
    {
        var updated = MergePatch.Apply(Live!, Parse(patch));
        ManagedFields.Update(Live, updated, By(manager, subresource: subresource));
        ManagedFields.KeepTimesIfUnchanged(Live!, updated);
        return Live = updated;
    }

    public JsonObject Apply(string manager, JsonObject applied, bool force = false, string? subresource = null)
    {
        var result = ServerSideApply.Apply(Live, applied, By(manager, force, subresource));
        if (Live is not null)
        {
            ManagedFields.KeepTimesIfUnchanged(Live, result);
        }

        return Live = result;
    }

    /// <summary>What a manager owns, as text; empty if it owns nothing.</summary>
    public string Fields(string manager, string operation, string subresource = "") =>
        Entry(manager, operation, subresource)?["fieldsV1"]?.ToJsonString(Options) ?? "";

    public string? Time(string manager, string operation, string subresource = "") => (string?)Entry(manager, operation, subresource)?["time"];

    public JsonArray Entries => Live!["metadata"]!["managedFields"] as JsonArray ?? [];

    private static JsonSerializerOptions Options { get; } = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private JsonObject? Entry(string manager, string operation, string subresource) => (JsonObject?)Entries.SingleOrDefault(entry =>
        (string?)entry!["manager"] == manager && (string?)entry["operation"] == operation && ((string?)entry["subresource"] ?? "") == subresource);

    private static StructuralSchema Map(params (string Name, StructuralSchema Schema)[] fields) =>
        new() { Type = "object", Properties = fields.ToDictionary(static field => field.Name, static field => field.Schema) };

    private static StructuralSchema ListMap(string[] keys, params (string Name, StructuralSchema Schema)[] fields) =>
        new() { Type = "array", ListType = "map", ListMapKeys = keys, Items = Map(fields) };
}
