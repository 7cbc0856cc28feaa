using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace CrMonitor.Contract.Tests;

/// <summary>
/// One of two servers that get the same requests; it notes what was answered, without what differs by nature: ids, versions, times, names of the run.
/// </summary>
public sealed partial class Side
{
    private readonly string _namespace;

    private Side(Cluster cluster, string ns) => (Cluster, _namespace) = (cluster, ns);

    public Cluster Cluster { get; }

    /// <summary>The widgets of this case.</summary>
    public string Collection => $"/apis/{Cluster.ApiVersion}/namespaces/{_namespace}/widgets";

    /// <summary>What was asked, and what was answered.</summary>
    public List<(string Request, string Answer)> Notes { get; } = [];

    public static async Task<Side> OpenAsync(Cluster cluster) => new(cluster, await cluster.NewNamespaceAsync());

    public string Widget(string name, string spec = """{"image":"i"}""", string metadata = "", string rest = "") =>
        $$"""{"apiVersion":"{{Cluster.ApiVersion}}","kind":"Widget","metadata":{"name":"{{name}}"{{metadata}}},"spec":{{spec}}{{rest}}}""";

    /// <summary>Sends a request whose answer is not compared.</summary>
    public Task<Answer> DoAsync(HttpMethod method, string path, string? body = null, string contentType = "application/json") =>
        Cluster.SendAsync(method, Collection + path, body, contentType);

    /// <summary>Sends a request and notes the answer.</summary>
    public async Task<Answer> CompareAsync(HttpMethod method, string path, string? body = null, string contentType = "application/json")
    {
        var answer = await DoAsync(method, path, body, contentType);
        var shown = answer.Body.DeepClone();
        if (answer.Message.StartsWith(" \"\" is invalid: patch: ", StringComparison.Ordinal))
        {
            // The message shows the result of the patch, with its fields in no certain order, and then what is wrong with it.
            shown = answer.Message[(answer.Message.LastIndexOf("}\": ", StringComparison.Ordinal) + 1)..];
        }

        Note($"{method} {path} {body}", new JsonArray(answer.Status, shown, string.Join('\n', answer.Warnings)));
        return answer;
    }

    public Task<Answer> MergeAsync(string name, string patch, string query = "") =>
        CompareAsync(HttpMethod.Patch, $"/{name}{query}", patch, "application/merge-patch+json");

    public Task<Answer> JsonPatchAsync(string name, string patch, string query = "") =>
        CompareAsync(HttpMethod.Patch, $"/{name}{query}", patch, "application/json-patch+json");

    public Task<Answer> ApplyAsync(string name, string body, string query = "?fieldManager=m1") =>
        CompareAsync(HttpMethod.Patch, $"/{name}{query}", body, "application/apply-patch+yaml");

    /// <summary>Removes a widget, whatever holds it, so that a new one can take its name.</summary>
    public async Task ClearAsync(string name)
    {
        await DoAsync(HttpMethod.Patch, $"/{name}", """{"metadata":{"finalizers":null}}""", "application/merge-patch+json");
        await DoAsync(HttpMethod.Delete, $"/{name}");
    }

    /// <summary>A new widget of this name, in place of the one that may be there.</summary>
    public async Task RenewAsync(string name, string spec = """{"image":"i"}""", string metadata = "")
    {
        await ClearAsync(name);
        (await DoAsync(HttpMethod.Post, "", Widget(name, spec, metadata))).Succeeds(201);
    }

    /// <summary>Notes what is to be the same on both sides.</summary>
    public void Note(string request, JsonNode? answer)
    {
        Sort(answer);
        Notes.Add((Comparable(request), Comparable(answer?.ToJsonString() ?? "nothing")));
    }

    private string Comparable(string text)
    {
        text = text.Replace(Cluster.Group, "GROUP", StringComparison.Ordinal).Replace(_namespace, "NAMESPACE", StringComparison.Ordinal);

        // Long texts are shown in part, and then a group in part.
        text = text.Replace(Cluster.Group[..12], "GRO", StringComparison.Ordinal);
        text = Uid().Replace(text, "UID");
        text = Time().Replace(text, "TIME");
        text = Version().Replace(text, "$1VERSION");
        return GeneratedName().Replace(text, "$1RANDOM");
    }

    // Objects have their keys in any order, and entries of managed fields of one second have none.
    private static void Sort(JsonNode? node)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array)
            {
                Sort(item);
            }
        }
        else if (node is JsonObject obj)
        {
            foreach (var (name, value) in obj.OrderBy(static pair => pair.Key, StringComparer.Ordinal).ToList())
            {
                Sort(value);
                obj.Remove(name);
                obj[name] = name == "managedFields" && value is JsonArray entries
                    ? new JsonArray([.. entries.OrderBy(static e => e!.ToJsonString(), StringComparer.Ordinal).Select(static e => e!.DeepClone())])
                    : value;
            }
        }
    }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Uid();

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")]
    private static partial Regex Time();

    [GeneratedRegex("""("resourceVersion\\*(?:u0022)?":\\*(?:u0022)?"|"resourceVersion\\u0022:\\u0022|resourceVersion\\u0022:\\u0022|in record \(|current: |version: 1 \()\d+""")]
    private static partial Regex Version();

    [GeneratedRegex("(gen[-._])[bcdfghjklmnpqrstvwxz2456789]{5}")]
    private static partial Regex GeneratedName();
}
