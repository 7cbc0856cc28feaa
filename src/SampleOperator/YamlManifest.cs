using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CrMonitor.SampleOperator;

/// <summary>The manifests of <c>deploy/</c> that the program carries with it, as JSON.</summary>
internal static class YamlManifest
{
    /// <summary>Reads an embedded manifest with one document.</summary>
    /// <param name="name">Its file name, such as <c>crd.yaml</c>.</param>
    public static JsonObject Load(string name)
    {
        using var resource = typeof(YamlManifest).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not an embedded resource of this program.");
        using var reader = new StreamReader(resource);
        var yaml = new YamlStream();
        yaml.Load(reader);
        return ToJson(yaml.Documents.Single().RootNode) as JsonObject
            ?? throw new InvalidOperationException($"{name} does not hold an object.");
    }

    public static ReadOnlyMemory<byte> ToUtf8(JsonObject manifest) => JsonSerializer.SerializeToUtf8Bytes(manifest, ApplicationJson.Default.JsonObject);

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(pair => KeyValuePair.Create(((YamlScalarNode)pair.Key).Value!, ToJson(pair.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(ToJson)]),
        YamlScalarNode scalar => ToJson(scalar),
        _ => throw new InvalidOperationException($"{node.Start}: unexpected {node.NodeType}."),
    };

    // The JSON schema of YAML: what stands in quotes is text, what does not is null, a boolean or a number if it looks like one.
    private static JsonValue? ToJson(YamlScalarNode scalar) => (scalar.Style, scalar.Value) switch
    {
        (not ScalarStyle.Plain, var text) => JsonValue.Create(text),
        (_, null or "" or "~" or "null") => null,
        (_, "true") => JsonValue.Create(true),
        (_, "false") => JsonValue.Create(false),
        (_, var text) when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
        (_, var text) when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
        (_, var text) => JsonValue.Create(text),
    };
}
