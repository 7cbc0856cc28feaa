using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Http;

/// <summary>In what form of the group meta.k8s.io a client wants objects.</summary>
/// <param name="Form">A table or metadata.</param>
/// <param name="ApiVersion">That of the answer, such as <c>meta.k8s.io/v1</c>.</param>
/// <param name="IncludeObject">What a table's rows hold.</param>
internal readonly record struct TableRequest(TableForm Form, string ApiVersion, TableIncludeObject IncludeObject)
{
    /// <summary>Whether <see cref="Parse"/> knows what an Accept header asks for.</summary>
    public static bool IsForm(MediaType type) =>
        type is { As: "Table" or "PartialObjectMetadata" or "PartialObjectMetadataList", Group: "meta.k8s.io", Version: "v1" or "v1beta1" };

    /// <summary>Reads the parameters <c>as</c> and <c>v</c> of the Accept header and the query parameter <c>includeObject</c>.</summary>
    /// <exception cref="ApiException">400: <paramref name="includeObject"/> is unknown.</exception>
    public static TableRequest Parse(string form, string version, string? includeObject)
    {
        var parsed = form switch
        {
            "Table" => TableForm.Table,
            "PartialObjectMetadata" => TableForm.PartialObjectMetadata,
            "PartialObjectMetadataList" => TableForm.PartialObjectMetadataList,
            _ => throw new ArgumentOutOfRangeException(nameof(form), form, "Ask IsForm first."),
        };
        return new TableRequest(parsed, $"meta.k8s.io/{version}", parsed == TableForm.Table ? ParseIncludeObject(includeObject) : default);
    }

    private static TableIncludeObject ParseIncludeObject(string? value) => value switch
    {
        null or "" or "Metadata" => TableIncludeObject.Metadata,
        "None" => TableIncludeObject.None,
        "Object" => TableIncludeObject.Object,
        _ => throw new ApiException(400, "BadRequest",
            $"Unable to convert to Table as requested: includeObject: Invalid value: {GoText.Quote(value)}: must be 'Metadata', 'Object', 'None', or empty"),
    };
}
