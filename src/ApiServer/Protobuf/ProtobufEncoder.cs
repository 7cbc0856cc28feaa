using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Protobuf;

/// <summary>Writes JSON as the message that it stands for.</summary>
internal static class ProtobufEncoder
{
    /// <exception cref="InvalidOperationException">A value is not of the type that the field has.</exception>
    public static byte[] Encode(JsonObject obj, MessageType type)
    {
        var output = new ArrayBufferWriter<byte>();
        Write(output, obj, type);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Writes a field that is a text, bytes or a message.</summary>
    public static void WriteBytes(IBufferWriter<byte> output, int number, ReadOnlySpan<byte> bytes)
    {
        WriteTag(output, number, WireType.Length);
        WriteVarint(output, (ulong)bytes.Length);
        output.Write(bytes);
    }

    private static void Write(ArrayBufferWriter<byte> output, JsonObject obj, MessageType type)
    {
        foreach (var field in type.Fields)
        {
            if (field.IsInline)
            {
                WriteBytes(output, field.Number, Encode(obj, field.Message!));
                continue;
            }

            switch (obj[field.Name])
            {
                case null:
                    break;
                case JsonArray list when field.IsList:
                    foreach (var item in list)
                    {
                        WriteValue(output, field, field.Number, item);
                    }

                    break;
                case JsonObject map when field.IsMap:
                    foreach (var (key, value) in map)
                    {
                        var entry = new ArrayBufferWriter<byte>();
                        WriteBytes(entry, 1, Encoding.UTF8.GetBytes(key));
                        WriteValue(entry, field, 2, value);
                        WriteBytes(output, field.Number, entry.WrittenSpan);
                    }

                    break;
                case var value when !field.IsList && !field.IsMap:
                    WriteValue(output, field, field.Number, value);
                    break;
                case var value:
                    throw Mismatch(field, value);
            }
        }
    }

    private static void WriteValue(ArrayBufferWriter<byte> output, MessageField field, int number, JsonNode? value)
    {
        switch (field.Form)
        {
            case FieldForm.Text:
                WriteBytes(output, number, Utf8(field, value));
                break;
            case FieldForm.Integer:
                WriteInteger(output, number, JsonNumber.From(value) is { IsInteger: true } count ? count.Integer : throw Mismatch(field, value));
                break;
            case FieldForm.Boolean:
                WriteInteger(
                    output, number, value is JsonValue flag && flag.TryGetValue<bool>(out var isSet) ? isSet ? 1 : 0 : throw Mismatch(field, value));
                break;
            case FieldForm.Double:
                WriteTag(output, number, WireType.Fixed64);
                BinaryPrimitives.WriteDoubleLittleEndian(
                    output.GetSpan(sizeof(double)), JsonNumber.From(value)?.AsDouble ?? throw Mismatch(field, value));
                output.Advance(sizeof(double));
                break;
            case FieldForm.Bytes:
                WriteBytes(output, number, Convert.FromBase64String(Text(field, value)));
                break;
            case FieldForm.Time or FieldForm.MicroTime:
                WriteBytes(output, number, Time(Text(field, value)));
                break;
            case FieldForm.Quantity:
                // A quantity may be a number in JSON.
                WriteBytes(output, number, Wrapped(Encoding.UTF8.GetBytes((value ?? throw Mismatch(field, value)).ToString())));
                break;
            case FieldForm.IntOrString:
                WriteBytes(output, number, IntOrString(field, value));
                break;
            case FieldForm.Json:
                WriteBytes(output, number, Wrapped(Encoding.UTF8.GetBytes(value?.ToJsonString() ?? "null")));
                break;
            default:
                WriteBytes(output, number, Message(field, value));
                break;
        }
    }

    private static byte[] Message(MessageField field, JsonNode? value)
    {
        if (!field.Message!.IsUnion)
        {
            return Encode(value as JsonObject ?? throw Mismatch(field, value), field.Message);
        }

        var union = new JsonObject { [value is JsonObject ? "schema" : "other"] = value?.DeepClone() };
        if (value is JsonObject && field.Message.Fields.Any(static f => f.Form == FieldForm.Boolean))
        {
            union["other"] = true;
        }

        return Encode(union, field.Message);
    }

    private static ReadOnlySpan<byte> Wrapped(ReadOnlySpan<byte> value)
    {
        var message = new ArrayBufferWriter<byte>();
        WriteBytes(message, 1, value);
        return message.WrittenSpan;
    }

    private static ReadOnlySpan<byte> Time(string text)
    {
        var ticks = DateTimeOffset.Parse(text, CultureInfo.InvariantCulture).UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
        var (seconds, rest) = Math.DivRem(ticks, TimeSpan.TicksPerSecond);
        if (rest < 0)
        {
            (seconds, rest) = (seconds - 1, rest + TimeSpan.TicksPerSecond);
        }

        var message = new ArrayBufferWriter<byte>();
        WriteInteger(message, 1, seconds);
        WriteInteger(message, 2, rest * TimeSpan.NanosecondsPerTick);
        return message.WrittenSpan;
    }

    private static ReadOnlySpan<byte> IntOrString(MessageField field, JsonNode? value)
    {
        var message = new ArrayBufferWriter<byte>();
        if (JsonNumber.From(value) is { IsInteger: true } integer)
        {
            WriteInteger(message, 1, 0);
            WriteInteger(message, 2, integer.Integer);
        }
        else
        {
            WriteInteger(message, 1, 1);
            WriteBytes(message, 3, Utf8(field, value));
        }

        return message.WrittenSpan;
    }

    private static byte[] Utf8(MessageField field, JsonNode? value) => Encoding.UTF8.GetBytes(Text(field, value));

    private static string Text(MessageField field, JsonNode? value) =>
        value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : throw Mismatch(field, value);

    private static void WriteInteger(ArrayBufferWriter<byte> output, int number, long value)
    {
        WriteTag(output, number, WireType.Varint);
        WriteVarint(output, (ulong)value);
    }

    private static void WriteTag(IBufferWriter<byte> output, int number, WireType type) => WriteVarint(output, ((ulong)number << 3) | (uint)type);

    private static void WriteVarint(IBufferWriter<byte> output, ulong value)
    {
        var span = output.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7)
        {
            span[length++] = (byte)(value | 0x80);
        }

        span[length++] = (byte)value;
        output.Advance(length);
    }

    private static InvalidOperationException Mismatch(MessageField field, JsonNode? value) =>
        new($"The field '{field.Name}' cannot be written in protobuf: {value?.ToJsonString() ?? "null"} is not of its type ({field.Form}).");
}
