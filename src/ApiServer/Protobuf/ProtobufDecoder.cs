using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Storage;

namespace CrMonitor.ApiServer.Protobuf;

/// <summary>Reads messages as the JSON that they stand for. Fields that a message does not have are left out, as Kubernetes leaves them out.</summary>
internal static class ProtobufDecoder
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    private const string MicroTimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    // Schemas contain schemas; what is deeper than JSON may be is an attack.
    private const int MaximumDepth = JsonText.MaximumDepth;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Adds the fields of a message to <paramref name="target"/>.</summary>
    /// <exception cref="FormatException">The bytes are not such a message.</exception>
    public static void Decode(ReadOnlySpan<byte> bytes, MessageType type, JsonObject target) => Decode(bytes, type, target, MaximumDepth);

    private static void Decode(ReadOnlySpan<byte> bytes, MessageType type, JsonObject target, int depth)
    {
        if (depth == 0)
        {
            throw new FormatException("exceeded max depth");
        }

        var reader = new WireReader(bytes);
        while (reader.Read())
        {
            if (type.Find(reader.Number) is { } field)
            {
                DecodeField(ref reader, field, target, depth);
            }
        }
    }

    private static void DecodeField(ref WireReader reader, MessageField field, JsonObject target, int depth)
    {
        if (field.IsInline)
        {
            Expect(reader, field, WireType.Length);
            Decode(reader.Bytes, field.Message!, target, depth - 1);
        }
        else if (field.IsMap)
        {
            Expect(reader, field, WireType.Length);
            DecodeEntry(reader.Bytes, field, Member(target, field, static () => new JsonObject()), depth);
        }
        else if (field.IsList && field.Form == FieldForm.Integer && reader.Type == WireType.Length)
        {
            var list = Member(target, field, static () => new JsonArray());
            foreach (var value in WireReader.ReadPacked(reader.Bytes))
            {
                list.Add((JsonNode)(long)value);
            }
        }
        else if (field.IsList)
        {
            Member(target, field, static () => new JsonArray()).Add(DecodeValue(ref reader, field, null, depth));
        }
        else if (DecodeValue(ref reader, field, target[field.Name], depth) is { } value && !(field.OmitsZero && IsZero(value)))
        {
            if (value.Parent is null)
            {
                target[field.Name] = value;
            }
        }
        else
        {
            target.Remove(field.Name);
        }
    }

    private static T Member<T>(JsonObject target, MessageField field, Func<T> create)
        where T : JsonNode
    {
        if (target[field.Name] is T existing)
        {
            return existing;
        }

        var created = create();
        target[field.Name] = created;
        return created;
    }

    private static void DecodeEntry(ReadOnlySpan<byte> bytes, MessageField field, JsonObject map, int depth)
    {
        var key = "";
        JsonNode? value = null;
        var reader = new WireReader(bytes);
        while (reader.Read())
        {
            if (reader.Number == 1)
            {
                Expect(reader, field, WireType.Length);
                key = Text(reader.Bytes);
            }
            else if (reader.Number == 2)
            {
                value = DecodeValue(ref reader, field, null, depth);
            }
        }

        map[key] = value ?? field.Form switch
        {
            FieldForm.Text or FieldForm.Bytes => "",
            FieldForm.Quantity => "0",
            FieldForm.Integer => 0,
            FieldForm.Boolean => false,
            FieldForm.Message when !field.Message!.IsUnion => new JsonObject(),
            _ => null,
        };
    }

    /// <param name="reader">Stands at the value.</param>
    /// <param name="field">The field.</param>
    /// <param name="existing">The field's value so far: a message that is there twice is one.</param>
    /// <param name="depth">How many messages may be in each other from here.</param>
    /// <returns>The value, or <see langword="null"/> for one that is nothing in JSON.</returns>
    private static JsonNode? DecodeValue(ref WireReader reader, MessageField field, JsonNode? existing, int depth)
    {
        Expect(reader, field, field.Form switch
        {
            FieldForm.Integer or FieldForm.Boolean => WireType.Varint,
            FieldForm.Double => WireType.Fixed64,
            _ => WireType.Length,
        });
        switch (field.Form)
        {
            case FieldForm.Text:
                return Text(reader.Bytes);
            case FieldForm.Integer:
                return (long)reader.Scalar;
            case FieldForm.Boolean:
                return reader.Scalar != 0;
            case FieldForm.Double:
                var number = BitConverter.UInt64BitsToDouble(reader.Scalar);
                return double.IsFinite(number) ? number : throw new FormatException($"{field.Name}: {number} is not a number that JSON has");
            case FieldForm.Bytes:
                return Convert.ToBase64String(reader.Bytes);
            case FieldForm.Time:
                return Time(reader.Bytes, TimeFormat);
            case FieldForm.MicroTime:
                return Time(reader.Bytes, MicroTimeFormat);
            case FieldForm.Quantity:
                return FirstBytes(reader.Bytes) is var quantity && quantity.IsEmpty ? "0" : Text(quantity);
            case FieldForm.IntOrString:
                return IntOrString(reader.Bytes);
            case FieldForm.Json:
                return Json(FirstBytes(reader.Bytes), field);
            default:
                var message = field.Message!.IsUnion ? null : existing as JsonObject;
                var decoded = message ?? [];
                Decode(reader.Bytes, field.Message, decoded, depth - 1);
                return field.Message.IsUnion ? Unwrap(decoded) : decoded;
        }
    }

    private static JsonNode? Unwrap(JsonObject union) => (union["schema"] ?? union["other"])?.DeepClone();

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (ArgumentException e)
        {
            throw new FormatException("a text is not UTF-8", e);
        }
    }

    private static JsonNode? Json(ReadOnlySpan<byte> json, MessageField field)
    {
        if (json.IsEmpty)
        {
            return null;
        }

        try
        {
            return JsonText.Parse(json, out _);
        }
        catch (JsonException e)
        {
            throw new FormatException($"{field.Name}: {e.Message}", e);
        }
    }

    private static ReadOnlySpan<byte> FirstBytes(ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<byte> value = [];
        var reader = new WireReader(message);
        while (reader.Read())
        {
            if (reader is { Number: 1, Type: WireType.Length })
            {
                value = reader.Bytes;
            }
        }

        return value;
    }

    // Nothing at all is the time that is not set.
    private static JsonNode? Time(ReadOnlySpan<byte> message, string format)
    {
        if (message.IsEmpty)
        {
            return null;
        }

        long seconds = 0, nanoseconds = 0;
        var reader = new WireReader(message);
        while (reader.Read())
        {
            if (reader.Number == 1)
            {
                seconds = (long)reader.Scalar;
            }
            else if (reader.Number == 2)
            {
                nanoseconds = (long)reader.Scalar;
            }
        }

        try
        {
            return DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick).ToString(format, CultureInfo.InvariantCulture);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new FormatException($"{seconds} seconds since 1970 is not a time of the years 1 to 9999", e);
        }
    }

    private static JsonNode IntOrString(ReadOnlySpan<byte> message)
    {
        var (isText, number, text) = (false, 0L, "");
        var reader = new WireReader(message);
        while (reader.Read())
        {
            switch (reader.Number)
            {
                case 1:
                    isText = reader.Scalar != 0;
                    break;
                case 2:
                    number = (int)reader.Scalar;
                    break;
                case 3:
                    text = Text(reader.Bytes);
                    break;
            }
        }

        return isText ? text : number;
    }

    private static bool IsZero(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.String => value.GetValue<string>().Length == 0,
        JsonValueKind.Number => value.ToString() == "0",
        JsonValueKind.False => true,
        _ => false,
    };

    private static void Expect(in WireReader reader, MessageField field, WireType type)
    {
        if (reader.Type != type)
        {
            throw new FormatException($"proto: wrong wireType = {(int)reader.Type} for field {field.Name}");
        }
    }
}
