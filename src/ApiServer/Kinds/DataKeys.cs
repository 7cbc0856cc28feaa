using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>The rules for the keys of ConfigMaps and Secrets.</summary>
internal static partial class DataKeys
{
    private const int MaximumLength = 253;

    /// <summary>What is wrong with the keys of a field of the object.</summary>
    public static IEnumerable<FieldError> Validate(JsonObject obj, string field)
    {
        foreach (var (key, _) in obj[field] as JsonObject ?? [])
        {
            var path = $"{field}[{key}]";
            if (key.Length > MaximumLength)
            {
                yield return FieldErrors.Invalid(path, key, $"must be no more than {MaximumLength} characters");
            }

            if (!Form.IsMatch(key))
            {
                yield return FieldErrors.Invalid(
                    path,
                    key,
                    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
                    + "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')");
            }

            if (key is "." or "..")
            {
                yield return FieldErrors.Invalid(path, key, $"must not be '{key}'");
            }
            else if (key.StartsWith("..", StringComparison.Ordinal))
            {
                yield return FieldErrors.Invalid(path, key, "must not start with '..'");
            }
        }
    }

    [GeneratedRegex(@"\A[-._a-zA-Z0-9]+\z")]
    private static partial Regex Form { get; }
}
