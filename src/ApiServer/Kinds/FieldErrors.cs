using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>The field errors of Kubernetes, worded as its API server words them.</summary>
internal static class FieldErrors
{
    public static FieldError Required(string field, string detail = "") => new("FieldValueRequired", field, Join("Required value", detail));

    public static FieldError Forbidden(string field, string detail) => new("FieldValueForbidden", field, Join("Forbidden", detail));

    public static FieldError Invalid(string field, JsonNode? value, string detail) =>
        new("FieldValueInvalid", field, Join($"Invalid value: {Show(value)}", detail));

    public static FieldError TypeInvalid(string field, string value, string detail) =>
        new("FieldValueTypeInvalid", field, Join($"Invalid value: {GoText.Quote(value)}", detail));

    public static FieldError Duplicate(string field, JsonNode? value) => new("FieldValueDuplicate", field, $"Duplicate value: {Show(value)}");

    public static FieldError NotSupported(string field, JsonNode? value, IEnumerable<string> supported)
    {
        var values = string.Join(", ", supported.Select(GoText.Quote));
        return new(
            "FieldValueNotSupported", field, Join($"Unsupported value: {Show(value)}", values.Length == 0 ? "" : $"supported values: {values}"));
    }

    public static FieldError TooLong(string field, long maximum) =>
        new(
            "FieldValueTooLong",
            field,
            string.Create(CultureInfo.InvariantCulture, $"Too long: may not be more than {maximum} {(maximum == 1 ? "byte" : "bytes")}"));

    public static FieldError TooMany(string field, long actual, long maximum) =>
        new(
            "FieldValueTooMany",
            field,
            string.Create(CultureInfo.InvariantCulture, $"Too many: {actual}: must have at most {maximum} {(maximum == 1 ? "item" : "items")}"));

    private static string Join(string kind, string detail) => detail.Length == 0 ? kind : $"{kind}: {detail}";

    private static string Show(JsonNode? value)
    {
        if (JsonNumber.From(value) is { } number)
        {
            return number.IsInteger ? number.Integer.ToString(CultureInfo.InvariantCulture) : GoText.Float(number.Float);
        }

        return value?.GetValueKind() == JsonValueKind.String ? GoText.Quote(value.GetValue<string>()) : GoText.Json(value);
    }
}
