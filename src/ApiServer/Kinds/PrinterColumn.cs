using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>A column of <c>kubectl get</c>: <c>additionalPrinterColumns</c> of a CustomResourceDefinition, or one of a built-in kind.</summary>
internal sealed record PrinterColumn(string Name, string Type, string JsonPath, string Format = "", string Description = "", int Priority = 0)
{
    /// <summary>What the column shows, for a built-in kind whose column is no single field; it is given the object and the time.</summary>
    public Func<JsonObject, DateTimeOffset, JsonNode?>? Cell { get; init; }
}
