using System.Globalization;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>The status of a CustomResourceDefinition: which names it got, whether it is served, in which versions objects may be stored.</summary>
internal static class CustomResourceDefinitionStatus
{
    /// <summary>
    /// Brings the status up to date, in place. A name that another resource of the group has already is not accepted; a definition that was
    /// established stays so.
    /// </summary>
    public static void Update(JsonObject crd, RegistrySnapshot served, DateTimeOffset now)
    {
        var spec = crd["spec"]!.AsObject();
        if (crd["status"] is not JsonObject status)
        {
            crd["status"] = status = [];
        }

        var conflict = AcceptNames(spec, status, served);
        SetCondition(status, now, "NamesAccepted", conflict is null, conflict?.Reason ?? "NoConflicts", conflict?.Message ?? "no conflicts found");
        if (conflict is null)
        {
            SetCondition(status, now, "Established", true, "InitialNamesAccepted", "the initial names have been accepted");
        }
        else if (!CustomResourceDefinitions.HasCondition(crd, "Established"))
        {
            SetCondition(status, now, "Established", false, "NotAccepted", "not all names are accepted");
        }

        if (status["storedVersions"] is not JsonArray stored)
        {
            status["storedVersions"] = stored = [];
        }

        var storage = spec["versions"].Elements().First(v => v.Get("storage").IsTrue()).Get("name").Text();
        if (!stored.Any(v => v.Text() == storage))
        {
            stored.Add((JsonNode?)storage);
        }
    }

    private static (string Reason, string Message)? AcceptNames(JsonObject spec, JsonObject status, RegistrySnapshot served)
    {
        var group = spec["group"].Text();
        var requested = spec["names"]!.AsObject();
        var accepted = status["acceptedNames"] as JsonObject ?? new JsonObject { ["plural"] = "", ["kind"] = "" };
        if (accepted.Parent is null)
        {
            status["acceptedNames"] = accepted;
        }

        var plural = accepted["plural"].Text() is { Length: > 0 } current ? current : requested["plural"].Text();
        var others = served.All.Where(d => d.Group == group && d.Plural != plural).ToList();
        var resources = others.SelectMany(d => d.ShortNames.Append(d.Plural).Append(d.Singular)).ToHashSet(StringComparer.Ordinal);
        var kinds = others.SelectMany(d => new[] { d.Kind, d.ListKind }).ToHashSet(StringComparer.Ordinal);
        (string Reason, string Message)? conflict = null;
        Accept("plural", "PluralConflict", resources);
        Accept("singular", "SingularConflict", resources);
        AcceptShortNames();
        Accept("kind", "KindConflict", kinds);
        Accept("listKind", "ListKindConflict", kinds);
        Copy("categories");
        return conflict;

        void Accept(string field, string reason, HashSet<string> used)
        {
            var name = requested[field].Text() ?? "";
            if (name != accepted[field].Text() && used.Contains(name))
            {
                conflict = (reason, $"\"{name}\" is already in use");
            }
            else
            {
                accepted[field] = name;
            }
        }

        void AcceptShortNames()
        {
            var own = accepted["shortNames"].Elements().Select(n => n.Text()).ToHashSet();
            var taken = requested["shortNames"].Elements().Select(n => n.Text() ?? "").Where(n => !own.Contains(n) && resources.Contains(n)).ToList();
            if (taken.Count == 0)
            {
                Copy("shortNames");
                return;
            }

            var messages = taken.Select(n => $"\"{n}\" is already in use").ToList();
            conflict = ("ShortNamesConflict", messages.Count == 1 ? messages[0] : $"[{string.Join(", ", messages)}]");
        }

        void Copy(string field)
        {
            if (requested[field] is JsonArray { Count: > 0 } values)
            {
                accepted[field] = values.DeepClone();
            }
            else
            {
                accepted.Remove(field);
            }
        }
    }

    private static void SetCondition(JsonObject status, DateTimeOffset now, string type, bool holds, string reason, string message)
    {
        if (status["conditions"] is not JsonArray conditions)
        {
            status["conditions"] = conditions = [];
        }

        var value = holds ? "True" : "False";
        var condition = conditions.OfType<JsonObject>().FirstOrDefault(c => c["type"].Text() == type);
        if (condition is null)
        {
            condition = new JsonObject { ["type"] = type };
            conditions.Add((JsonNode)condition);
        }

        if (condition["status"].Text() != value)
        {
            condition["status"] = value;
            condition["lastTransitionTime"] = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        }

        condition["reason"] = reason;
        condition["message"] = message;
    }
}
