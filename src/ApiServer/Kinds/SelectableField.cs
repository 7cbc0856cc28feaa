using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>A field by which objects can be selected.</summary>
/// <param name="Label">Its name in a field selector, such as <c>involvedObject.kind</c>.</param>
/// <param name="Path">Where it stands in the stored object.</param>
internal sealed record SelectableField(string Label, IReadOnlyList<string> Path)
{
    public static SelectableField Name { get; } = new("metadata.name");

    public static SelectableField Namespace { get; } = new("metadata.namespace");

    public SelectableField(string label)
        : this(label, label.Split('.'))
    {
    }

    /// <summary>The field's text in a stored object; empty where it is absent.</summary>
    public string Read(JsonObject stored)
    {
        JsonNode? node = stored;
        foreach (var name in Path)
        {
            node = (node as JsonObject).Get(name);
        }

        return node switch
        {
            null => "",
            _ when node.GetValueKind() == JsonValueKind.String => node.GetValue<string>(),
            _ => GoText.Json(node),
        };
    }
}
