using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Http;

/// <summary>
/// Answers in the forms of the group meta.k8s.io: a <c>Table</c> with the columns of the kind, or the metadata alone. May be called from any thread.
/// </summary>
internal sealed class TableConverter(TimeProvider timeProvider)
{
    // The parsed paths live as long as the column that they belong to.
    private static readonly ConditionalWeakTable<PrinterColumn, JsonPath> Paths = [];

    /// <summary>
    /// An object or a list in the form that <paramref name="request"/> asks for. The result shares no node with <paramref name="objectOrList"/>.
    /// </summary>
    /// <param name="definition">The resource; objects are in its version.</param>
    /// <param name="objectOrList">An object of the kind, or a list of its <c>listKind</c>.</param>
    /// <param name="request">What the client asked for.</param>
    /// <exception cref="ApiException">
    /// The form does not fit: 406 for the metadata of one object where there is a list, 500 for the reverse.
    /// </exception>
    public JsonObject Convert(ResourceDefinition definition, JsonObject objectOrList, TableRequest request)
    {
        var items = objectOrList["kind"].Text() == definition.ListKind ? objectOrList["items"] as JsonArray : null;
        switch (request.Form)
        {
            case TableForm.Table:
                return Table(definition, objectOrList, items is null ? [objectOrList] : items.OfType<JsonObject>(), request, hasColumns: true);
            case TableForm.PartialObjectMetadata when items is null:
                return Metadata(objectOrList, request);
            case TableForm.PartialObjectMetadata:
                throw new ApiException(
                    406, "NotAcceptable", "you requested PartialObjectMetadata, but the requested object is a list (*unstructured.UnstructuredList)");
            case TableForm.PartialObjectMetadataList when items is null:
                throw new ApiException(500, "", "content is not a list");
            default:
                return new JsonObject
                {
                    ["kind"] = "PartialObjectMetadataList",
                    ["apiVersion"] = request.ApiVersion,
                    ["metadata"] = ListMeta(objectOrList),
                    ["items"] = new JsonArray([.. items!.OfType<JsonObject>().Select(i => Metadata(i, request))]),
                };
        }
    }

    /// <summary>
    /// The object of a watch event in the form that <paramref name="request"/> asks for. Only the first event of a watch names the columns of a
    /// table. The object of an ERROR event is a <c>Status</c> and is not to be converted.
    /// </summary>
    public JsonObject ConvertEvent(ResourceDefinition definition, JsonObject obj, TableRequest request, bool isFirst) =>
        request.Form == TableForm.Table
        ? Table(definition, obj, [obj], request, isFirst)
        : Metadata(obj, request);

    private JsonObject Table(ResourceDefinition definition, JsonObject source, IEnumerable<JsonObject> objects, TableRequest request, bool hasColumns)
    {
        var now = timeProvider.GetUtcNow();
        var rows = new JsonArray();
        foreach (var obj in objects)
        {
            rows.Add((JsonNode)new JsonObject
            {
                ["cells"] = new JsonArray([.. definition.PrinterColumns.Select(c => Cell(c, obj, now))]),
                ["object"] = request.IncludeObject switch
                {
                    TableIncludeObject.None => null,
                    TableIncludeObject.Object => obj.DeepClone(),
                    _ => Metadata(obj, request),
                },
            });
        }

        return new JsonObject
        {
            ["kind"] = "Table",
            ["apiVersion"] = request.ApiVersion,
            ["metadata"] = ListMeta(source),
            ["columnDefinitions"] = hasColumns ? new JsonArray([.. definition.PrinterColumns.Select(Column)]) : null,
            ["rows"] = rows,
        };
    }

    private static JsonObject Column(PrinterColumn column) => new()
    {
        ["name"] = column.Name,
        ["type"] = column.Type,
        ["format"] = column.Format,
        ["description"] = column.Description,
        ["priority"] = column.Priority,
    };

    private static JsonObject ListMeta(JsonObject source)
    {
        var result = new JsonObject();
        foreach (var field in new[] { "resourceVersion", "continue", "remainingItemCount" })
        {
            if (source["metadata"].Get(field) is { } value && value.Text() is not "")
            {
                result[field] = value.DeepClone();
            }
        }

        return result;
    }

    private static JsonObject Metadata(JsonObject obj, TableRequest request) => new()
    {
        ["kind"] = "PartialObjectMetadata",
        ["apiVersion"] = request.ApiVersion,
        ["metadata"] = obj["metadata"]?.DeepClone() ?? new JsonObject(),
    };

    private static JsonNode? Cell(PrinterColumn column, JsonObject obj, DateTimeOffset now)
    {
        if (column.Cell is not null)
        {
            return column.Cell(obj, now);
        }

        if (ReferenceEquals(column, CommonColumns.Name))
        {
            return obj["metadata"].Get("name").Text() ?? "";
        }

        // A column shows one value: the first that the path finds.
        var value = Paths.GetValue(column, c => JsonPath.Parse(c.JsonPath)).Find(obj).FirstOrDefault();
        return value is null ? null : Cell(column.Type, value, now);
    }

    private static JsonNode? Cell(string type, JsonNode value, DateTimeOffset now)
    {
        var number = JsonNumber.From(value);
        return type switch
        {
            "string" => value switch
            {
                JsonObject or JsonArray => GoText.Json(value),
                _ when number is { IsInteger: false } n => GoText.Float(n.Float),
                _ => value.Text() ?? GoText.Json(value),
            },
            "integer" => number is { } n ? n.IsInteger ? n.Integer : (long)n.Float : null,
            "number" => number?.AsDouble,
            "boolean" => value.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? value.IsTrue() : null,
            "date" => value.Text() is not null ? HumanDuration.Since(value, now) : null,
            _ => null,
        };
    }
}
