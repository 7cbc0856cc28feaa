using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Patching;

/// <summary>What one manager owns: an entry of <c>metadata.managedFields</c>. Belongs to one write, as the JSON does that it was read from.</summary>
internal sealed record ManagedFieldsEntry
{
    // The fields as they were read, until they are changed. Most entries are written as they were read; a look into JSON that was parsed makes
    // it dear to copy, and so is taken at a copy.
    private JsonObject? _json;
    private JsonObject? _looked;
    private FieldSet? _fields;

    public required string Manager { get; init; }

    public required bool IsApply { get; init; }

    public required string ApiVersion { get; init; }

    /// <summary>Empty for the object itself.</summary>
    public required string Subresource { get; init; }

    /// <summary>In the form of JSON; <see langword="null"/> where none is known.</summary>
    public string? Time { get; init; }

    /// <summary>What the manager owns.</summary>
    /// <exception cref="FormatException">They cannot be read.</exception>
    public FieldSet Fields
    {
        get => _fields ??= FieldSet.Parse(Look(_json!));
        init => (_fields, _json, _looked) = (value, null, null);
    }

    /// <summary>Whether it may own one of these fields: if not, it stays as it is without them.</summary>
    public bool MayOwn(FieldSet fields) => _json is null || fields.MayIntersect(Look(_json));

    /// <summary>Whether it is sure, without a look at all of its fields, that it owns these.</summary>
    public bool SurelyOwns(FieldSet fields) => _json is not null && fields.IsSurelyWithin(Look(_json));

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

    /// <summary>Reads an entry, but for its fields, which are read when they are needed.</summary>
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

        var time = Text(entry, "time");
        return new ManagedFieldsEntry
        {
            Manager = Text(entry, "manager"),
            IsApply = operation == "Apply",
            ApiVersion = apiVersion,
            Subresource = Text(entry, "subresource"),
            Time = time.Length == 0 ? null : time,
            _json = entry["fieldsV1"] switch
            {
                null => [],
                JsonObject obj => obj,
                _ => throw new FormatException($"fieldsV1 of managed fields entry {index} must be an object"),
            },
        };
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
            ["fieldsV1"] = _json is null ? Fields.ToJson() : _json.DeepClone(),
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

    private JsonObject Look(JsonObject json) => _looked ??= (JsonObject)json.DeepClone();

    private static string Text(JsonObject entry, string name) => entry[name] switch
    {
        null => "",
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => throw new FormatException($"{name} of a managed fields entry must be a string"),
    };
}
