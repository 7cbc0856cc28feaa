using System.Globalization;

namespace CrMonitor.ApiServer.Protobuf;

/// <summary>The messages of all kinds that can be written in protobuf, read from <c>messages.txt</c> when the first is needed.</summary>
internal static class MessageTypes
{
    private const string AnyVersion = "*";

    private static readonly Lazy<Dictionary<(string ApiVersion, string Kind), MessageType>> Kinds = new(Load);

    /// <summary>The message of a kind, or of a list of a kind; <see langword="null"/> where it has none.</summary>
    public static MessageType? Find(string apiVersion, string kind) =>
        Kinds.Value.GetValueOrDefault((apiVersion, kind)) ?? Kinds.Value.GetValueOrDefault((AnyVersion, kind));

    private static Dictionary<(string ApiVersion, string Kind), MessageType> Load()
    {
        var lines = ReadLines();
        var types = new Dictionary<string, MessageType>(StringComparer.Ordinal);
        var kinds = new Dictionary<(string, string), MessageType>();
        foreach (var words in lines.Where(static l => l[0] != ' ').Select(static l => l.Split(' ')))
        {
            var use = words.Length > 1 ? words[1] : "";
            var type = new MessageType(use == "union");
            types.Add(words[0], type);
            if (use is not ("" or "union"))
            {
                kinds.Add((use, words[0][(words[0].LastIndexOf('.') + 1)..]), type);
            }
        }

        for (var i = 0; i < lines.Count;)
        {
            var type = types[lines[i++].Split(' ')[0]];
            var fields = new List<MessageField>();
            for (; i < lines.Count && lines[i][0] == ' '; i++)
            {
                fields.Add(ParseField(lines[i], types));
            }

            type.Fields = fields;
        }

        foreach (var ((apiVersion, kind), type) in kinds.Where(static k => k.Key.Item1 != AnyVersion).ToList())
        {
            kinds.Add((apiVersion, kind + "List"), ListOf(type, types["ListMeta"]));
        }

        return kinds;
    }

    private static MessageType ListOf(MessageType item, MessageType metadata) => new(isUnion: false)
    {
        Fields =
        [
            new MessageField(1, "metadata", FieldForm.Message) { Message = metadata },
            new MessageField(2, "items", FieldForm.Message) { Message = item, IsList = true },
        ],
    };

    private static MessageField ParseField(string line, Dictionary<string, MessageType> types)
    {
        if (line.Trim().Split(' ') is not [var number, var name, var type])
        {
            throw new InvalidOperationException($"messages.txt: '{line}' is not a number, a name and a type.");
        }

        var (isList, isMap, omitsZero) =
            (type.StartsWith("[]", StringComparison.Ordinal), type.StartsWith("map:", StringComparison.Ordinal), type.EndsWith('?'));
        type = type[(isList ? 2 : isMap ? 4 : 0)..].TrimEnd('?');
        var form = type switch
        {
            "string" => FieldForm.Text,
            "int" => FieldForm.Integer,
            "bool" => FieldForm.Boolean,
            "double" => FieldForm.Double,
            "bytes" => FieldForm.Bytes,
            "Time" => FieldForm.Time,
            "MicroTime" => FieldForm.MicroTime,
            "Quantity" => FieldForm.Quantity,
            "IntOrString" => FieldForm.IntOrString,
            "JSON" or "RawExtension" or "FieldsV1" => FieldForm.Json,
            _ => FieldForm.Message,
        };
        return new MessageField(int.Parse(number, CultureInfo.InvariantCulture), name == "-" ? "" : name, form)
        {
            Message = form == FieldForm.Message ? types[type] : null,
            IsList = isList,
            IsMap = isMap,
            OmitsZero = omitsZero,
        };
    }

    private static List<string> ReadLines()
    {
        using var reader = new StreamReader(typeof(MessageTypes).Assembly.GetManifestResourceStream("protobuf-messages.txt")!);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static l => l[0] != '#')];
    }
}
