using System.Globalization;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Storage;
using CrMonitor.ApiServer.Watching;
using Microsoft.AspNetCore.Http;

namespace CrMonitor.ApiServer.Http;

/// <summary>The parameters of a list or a watch.</summary>
internal sealed record ListOptions
{
    private const string NotOlderThan = "NotOlderThan";

    // In seconds, a month: no timer runs for much longer, and no watch lasts.
    private const long MaximumTimeout = 30 * 24 * 60 * 60;

    private const string MatchField = "resourceVersionMatch";

    public required LabelSelector Labels { get; init; }

    public required FieldSelector Fields { get; init; }

    public required ShardSelector Shards { get; init; }

    /// <summary><see langword="null"/> where the request does not say one.</summary>
    public ulong? ResourceVersion { get; init; }

    /// <summary><c>Exact</c>, <c>NotOlderThan</c> or empty.</summary>
    public string ResourceVersionMatch { get; init; } = "";

    /// <summary>0 for all.</summary>
    public long Limit { get; init; }

    public ContinueToken? Continue { get; init; }

    /// <summary>Whether a watch starts with what is there.</summary>
    public bool SendsInitialEvents { get; init; }

    public bool AllowWatchBookmarks { get; init; }

    public TimeSpan? Timeout { get; init; }

    /// <summary>Whether everything that is there is asked for.</summary>
    public bool SelectsEverything => Labels.IsEverything && Fields.IsEverything && Shards.IsEverything;

    public bool Matches(StoredObject obj) => Labels.Matches(obj.Labels) && Fields.Matches(obj) && Shards.Matches(obj);

    /// <exception cref="ApiException">A parameter is not readable, or not allowed next to another.</exception>
    public static ListOptions Parse(IQueryCollection query, ResourceDefinition definition, string name, bool isWatch)
    {
        var version = RequestPath.First(query, "resourceVersion") ?? "";
        var match = RequestPath.First(query, MatchField) ?? "";
        var token = RequestPath.First(query, "continue") ?? "";
        bool? sendInitialEvents = query.ContainsKey("sendInitialEvents") ? RequestPath.IsTrue(RequestPath.First(query, "sendInitialEvents")) : null;
        var fields = RequestPath.First(query, "fieldSelector");
        if (name.Length > 0)
        {
            fields = string.IsNullOrEmpty(fields) ? $"metadata.name={name}" : $"{fields},metadata.name={name}";
        }

        if (isWatch && sendInitialEvents is null && match.Length == 0 && version is "" or "0")
        {
            // A watch that says nothing of where it starts is a streaming list.
            (sendInitialEvents, match) = (true, NotOlderThan);
        }

        var options = new ListOptions
        {
            Labels = LabelSelector.Parse(RequestPath.First(query, "labelSelector")),
            Fields = FieldSelector.Parse(fields, definition),
            Shards = ShardSelector.Parse(RequestPath.First(query, "shardSelector")),
            Limit = Math.Max(0, Number(query, "limit")),
            Timeout = Number(query, "timeoutSeconds") is > 0 and var seconds ? TimeSpan.FromSeconds(Math.Min(seconds, MaximumTimeout)) : null,
            ResourceVersionMatch = match,
            SendsInitialEvents = sendInitialEvents == true,
            AllowWatchBookmarks = query.ContainsKey("allowWatchBookmarks") && RequestPath.IsTrue(RequestPath.First(query, "allowWatchBookmarks")),
        };

        List<FieldError> errors = [.. CheckMatch(version, match, token, sendInitialEvents, isWatch)];
        if (errors.Count > 0)
        {
            throw ApiErrors.InvalidOptions("ListOptions", errors);
        }

        if (token.Length > 0 && !isWatch)
        {
            options = options with { Continue = ContinueToken.Parse(token) };

            // As at the start of a list, "0" asks for all that a server has at hand.
            return version switch
            {
                "" => options,
                "0" => options with { Limit = 0 },
                _ => throw ApiErrors.BadRequest("specifying resource version is not allowed when using continue"),
            };
        }

        return version.Length == 0 ? options : options with { ResourceVersion = Revision(version, isWatch) };
    }

    private static ulong Revision(string version, bool isWatch)
    {
        if (ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var revision))
        {
            return revision;
        }

        var why = $"resourceVersion: Invalid value: \"{version}\": {ApiErrors.NotANumber("ParseUint", version)}";
        throw isWatch ? ApiErrors.Unclassified(why) : ApiErrors.BadRequest($"invalid resource version: {why}");
    }

    private static IEnumerable<FieldError> CheckMatch(string version, string match, string token, bool? sendInitialEvents, bool isWatch) =>
        isWatch ? CheckWatch(match, token, sendInitialEvents) : CheckList(version, match, token, sendInitialEvents);

    private static IEnumerable<FieldError> CheckWatch(string match, string token, bool? sendInitialEvents)
    {
        if (sendInitialEvents is not null && match != NotOlderThan)
        {
            yield return FieldErrors.Forbidden(MatchField, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        }

        if (match.Length == 0)
        {
            yield break;
        }

        if (sendInitialEvents is null)
        {
            yield return FieldErrors.Forbidden(MatchField, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
        }

        if (match != NotOlderThan)
        {
            yield return FieldErrors.NotSupported(MatchField, JsonValue.Create(match), [NotOlderThan]);
        }

        if (token.Length > 0)
        {
            yield return FieldErrors.Forbidden(MatchField, "resourceVersionMatch is forbidden when continue is provided");
        }
    }

    private static IEnumerable<FieldError> CheckList(string version, string match, string token, bool? sendInitialEvents)
    {
        if (match.Length > 0)
        {
            if (version.Length == 0)
            {
                yield return FieldErrors.Forbidden(MatchField, "resourceVersionMatch is forbidden unless resourceVersion is provided");
            }

            if (token.Length > 0)
            {
                yield return FieldErrors.Forbidden(MatchField, "resourceVersionMatch is forbidden when continue is provided");
            }

            if (match is not ("Exact" or NotOlderThan))
            {
                yield return FieldErrors.NotSupported(MatchField, JsonValue.Create(match), ["Exact", NotOlderThan, ""]);
            }

            if (match == "Exact" && version == "0")
            {
                yield return FieldErrors.Forbidden(MatchField, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
            }
        }

        if (sendInitialEvents is not null)
        {
            yield return FieldErrors.Forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list");
        }
    }

    private static long Number(IQueryCollection query, string name)
    {
        if (RequestPath.First(query, name) is not { } text)
        {
            return 0;
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw ApiErrors.BadRequest(ApiErrors.NotANumber("ParseInt", text));
    }
}
