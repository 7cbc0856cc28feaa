using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>The label selectors that stand in objects (<c>matchLabels</c> and <c>matchExpressions</c>).</summary>
internal static class LabelSelectors
{
    /// <summary>The selector as text, such as <c>app=web,tier in (a,b)</c>; <c>&lt;none&gt;</c> where it is empty.</summary>
    public static string Format(JsonNode? selector)
    {
        var parts = Labels(selector.Get("matchLabels")).Select(l => (l.Key, Text: $"{l.Key}={l.Value}")).ToList();
        foreach (var expression in selector.Get("matchExpressions").Elements().OfType<JsonObject>())
        {
            var key = expression["key"].Text() ?? "";
            var values = string.Join(",", Values(expression).Order(StringComparer.Ordinal));
            parts.Add((key, expression["operator"].Text() switch
            {
                "In" => $"{key} in ({values})",
                "NotIn" => $"{key} notin ({values})",
                "Exists" => key,
                _ => $"!{key}",
            }));
        }

        return parts.Count == 0 ? "<none>" : string.Join(",", parts.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Text));
    }

    /// <summary>Labels as text, such as <c>app=web,tier=a</c>; <c>&lt;none&gt;</c> where there are none.</summary>
    public static string FormatLabels(JsonNode? labels)
    {
        var text = string.Join(",", Labels(labels).OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));
        return text.Length == 0 ? "<none>" : text;
    }

    public static bool IsEmpty(JsonNode? selector) =>
        selector.Get("matchLabels") is not JsonObject { Count: > 0 } && selector.Get("matchExpressions") is not JsonArray { Count: > 0 };

    /// <summary>Whether labels fulfil a selector. An empty one selects everything, none nothing.</summary>
    public static bool Matches(JsonNode? selector, JsonNode? labels)
    {
        if (selector is null)
        {
            return false;
        }

        var present = Labels(labels).ToDictionary(l => l.Key, l => l.Value, StringComparer.Ordinal);
        return Labels(selector["matchLabels"]).All(l => present.TryGetValue(l.Key, out var value) && value == l.Value)
            && selector["matchExpressions"].Elements().OfType<JsonObject>().All(e => Matches(e, present));
    }

    private static bool Matches(JsonObject expression, Dictionary<string, string> labels)
    {
        var value = labels.GetValueOrDefault(expression["key"].Text() ?? "");
        return expression["operator"].Text() switch
        {
            "In" => value is not null && Values(expression).Contains(value),
            "NotIn" => value is null || !Values(expression).Contains(value),
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            _ => false,
        };
    }

    private static IEnumerable<string> Values(JsonObject expression) => expression["values"].Elements().Select(v => v.Text() ?? "");

    private static IEnumerable<KeyValuePair<string, string>> Labels(JsonNode? labels) =>
        (labels as JsonObject ?? []).Select(l => KeyValuePair.Create(l.Key, l.Value.Text() ?? ""));
}
