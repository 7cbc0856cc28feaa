using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CrMonitor.ApiServer.Http;

/// <summary>Reads YAML bodies as the JSON that they stand for.</summary>
internal static partial class YamlText
{
    /// <exception cref="FormatException">The text is not YAML, or says what JSON cannot.</exception>
    public static byte[] ToJson(ReadOnlyMemory<byte> yaml)
    {
        try
        {
            var parser = new Parser(new StringReader(Encoding.UTF8.GetString(yaml.Span)));
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
            {
                return [];
            }

            using var buffer = new MemoryStream();
            using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { MaxDepth = Storage.JsonText.MaximumDepth }))
            {
                Copy(parser, writer, []);
            }

            return buffer.ToArray();
        }
        catch (YamlException e)
        {
            throw new FormatException($"yaml: line {e.Start.Line}: {e.Message}", e);
        }
    }

    private static void Copy(Parser parser, Utf8JsonWriter writer, Dictionary<string, JsonNode?> anchors)
    {
        switch (parser.Current)
        {
            case NodeEvent { Anchor.IsEmpty: false } anchored:
                var name = anchored.Anchor.Value;
                using (var copy = new MemoryStream())
                {
                    using (var nested = new Utf8JsonWriter(copy))
                    {
                        CopyNode(parser, nested, anchors);
                    }

                    anchors[name] = JsonNode.Parse(copy.ToArray());
                }

                Write(writer, anchors[name]);
                break;

            case AnchorAlias alias:
                parser.MoveNext();
                Write(writer, anchors.TryGetValue(alias.Value.Value, out var node) ? node : throw new FormatException($"yaml: unknown anchor '{alias.Value.Value}' referenced"));
                break;

            default:
                CopyNode(parser, writer, anchors);
                break;
        }
    }

    private static void CopyNode(Parser parser, Utf8JsonWriter writer, Dictionary<string, JsonNode?> anchors)
    {
        if (parser.TryConsume<MappingStart>(out _))
        {
            writer.WriteStartObject();
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var key = parser.TryConsume<Scalar>(out var scalar) ? scalar : throw new FormatException("yaml: a key is not a scalar, which JSON cannot say");
                writer.WritePropertyName(key.Value);
                Copy(parser, writer, anchors);
            }

            writer.WriteEndObject();
        }
        else if (parser.TryConsume<SequenceStart>(out _))
        {
            writer.WriteStartArray();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                Copy(parser, writer, anchors);
            }

            writer.WriteEndArray();
        }
        else
        {
            WriteScalar(writer, parser.Consume<Scalar>());
        }
    }

    private static void WriteScalar(Utf8JsonWriter writer, Scalar scalar)
    {
        var text = scalar.Value;
        if (scalar.Style != ScalarStyle.Plain)
        {
            writer.WriteStringValue(text);
            return;
        }

        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                writer.WriteNullValue();
                break;
            case "true" or "True" or "TRUE":
                writer.WriteBooleanValue(true);
                break;
            case "false" or "False" or "FALSE":
                writer.WriteBooleanValue(false);
                break;
            default:
                if (Integer().IsMatch(text) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
                {
                    writer.WriteNumberValue(integer);
                }
                else if (Number().IsMatch(text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
                {
                    writer.WriteNumberValue(number);
                }
                else
                {
                    writer.WriteStringValue(text);
                }

                break;
        }
    }

    private static void Write(Utf8JsonWriter writer, JsonNode? node)
    {
        if (node is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            node.WriteTo(writer);
        }
    }

    [GeneratedRegex(@"^[-+]?[0-9]+\z")]
    private static partial Regex Integer();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z")]
    private static partial Regex Number();
}
