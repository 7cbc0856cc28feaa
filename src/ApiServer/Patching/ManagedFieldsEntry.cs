using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Patching;

/// <summary>What one manager owns: an entry of <c>metadata.managedFields</c>.</summary>
internal sealed record ManagedFieldsEntry(string Manager, bool IsApply, string ApiVersion, string Subresource, string? Time, FieldSet Fields)
{
    /// <summary>As text, managers are sorted by it.</summary>
    public string Identity
    {
        get
        {
            var apiVersion = IsApply ? "" : ApiVersion;
            return $"{Manager}\n{(IsApply ? "Apply" : "Update")}\n{apiVersion}\n{Subresource}";
        }
    }

    /// <summary>As messages name it: <c>"kubectl" using apps/v1</c>. An applier is the same in all versions.</summary>
    public string Description
    {
        get
        {
            var text = KeyScalar.Quote(Manager);
            if (Subresource.Length > 0)
            {
                text += $" with subresource {KeyScalar.Quote(Subresource)}";
            }

            return IsApply ? text : $"{text} using {ApiVersion}";
        }
    }

    /// <summary>Reads an entry.</summary>
    /// <exception cref="FormatException">It is not one that a server would have written.</exception>
    public static ManagedFieldsEntry Parse(JsonNode? node, int index)
    {
        if (node is not JsonObject entry)
        {
            throw new FormatException($"managed fields entry {index} must be an object");
        }

        var operation = Text(entry, "operation");
        if (operation is not ("Apply" or "Update"))
        {
            throw new FormatException("operation must be `Apply` or `Update`");
        }

        var apiVersion = Text(entry, "apiVersion");
        if (apiVersion.Length == 0)
        {
            throw new FormatException("apiVersion must not be empty");
        }

        switch (Text(entry, "fieldsType"))
        {
            case "FieldsV1":
                break;
            case "":
                throw new FormatException($"missing fieldsType in managed fields entry {index}");
            case var other:
                throw new FormatException($"invalid fieldsType {KeyScalar.Quote(other)} in managed fields entry {index}");
        }

        var fields = entry["fieldsV1"] switch
        {
            null => FieldSet.Empty,
            JsonObject obj => FieldSet.Parse(obj),
            _ => throw new FormatException($"fieldsV1 of managed fields entry {index} must be an object"),
        };
        var time = Text(entry, "time");
        return new ManagedFieldsEntry(
            Text(entry, "manager"),
            operation == "Apply",
            apiVersion,
            Text(entry, "subresource"),
            time.Length == 0 ? null : time,
            fields);
    }

    /// <summary>The seconds of the time; 0 without one.</summary>
    public long Seconds() =>
        DateTimeOffset.TryParse(Time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.ToUnixTimeSeconds() : 0;

    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["apiVersion"] = ApiVersion,
            ["fieldsType"] = "FieldsV1",
            ["fieldsV1"] = Fields.ToJson(),
            ["manager"] = Manager,
            ["operation"] = IsApply ? "Apply" : "Update",
        };
        if (Subresource.Length > 0)
        {
            json["subresource"] = Subresource;
        }

        if (Time is not null)
        {
            json["time"] = Time;
        }

        return json;
    }

    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Text(JsonObject entry, string name) => entry[name] switch
    {
        null => "",
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => throw new FormatException($"{name} of a managed fields entry must be a string"),
    };
}
