using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace CrMonitor.Controllers.Tests;

/// <summary>A server that keeps one Lease, and is strict about it as Go is: a MicroTime has six digits.</summary>
internal sealed partial class SimulatedLeaseServer
{
    private int _version;

    public JsonObject? Lease { get; private set; }

    public string? Holder => (string?)Lease?["spec"]?["holderIdentity"];

    /// <summary>All requests that came, in order: method and the holder that was written.</summary>
    public List<(string Method, string? Holder)> Requests { get; } = [];

    /// <summary>Is called before a request is served.</summary>
    public Action<HttpMethod> Serving { get; set; } = _ => { };

    public void Set(string spec) => Store(new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = "operator", ["namespace"] = "default", ["labels"] = new JsonObject { ["kept"] = "yes" } },
        ["spec"] = JsonNode.Parse(spec),
    });

    public void Delete() => Lease = null;

    public HttpResponseMessage Serve(HttpMethod method, string? body)
    {
        Serving(method);
        var sent = body is null ? null : JsonNode.Parse(body)!.AsObject();
        Requests.Add((method.Method, (string?)sent?["spec"]?["holderIdentity"]));
        if (sent is not null)
        {
            foreach (var time in new[] { "acquireTime", "renewTime" })
            {
                if ((string?)sent["spec"]?[time] is { } text && !StrictMicroTime().IsMatch(text))
                {
                    return FakeServer.Status(HttpStatusCode.BadRequest, $"cannot parse {time} {text}");
                }
            }
        }

        switch (method.Method)
        {
            case "GET" when Lease is null:
                return FakeServer.Status(HttpStatusCode.NotFound, "NotFound");
            case "GET":
                return Answer(HttpStatusCode.OK);
            case "POST" when Lease is not null:
                return FakeServer.Status(HttpStatusCode.Conflict, "AlreadyExists");
            case "POST":
                Store(sent!);
                return Answer(HttpStatusCode.Created);
            case "PUT" when Lease is null:
                return FakeServer.Status(HttpStatusCode.NotFound, "NotFound");
            case "PUT" when VersionOf(sent!) != VersionOf(Lease):
                return FakeServer.Status(HttpStatusCode.Conflict, "Conflict");
            case "PUT":
                Store(sent!);
                return Answer(HttpStatusCode.OK);
            default:
                throw new InvalidOperationException($"nobody asks for {method}");
        }
    }

    private static string? VersionOf(JsonObject lease) => (string?)lease["metadata"]!["resourceVersion"];

    private void Store(JsonObject lease)
    {
        lease["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
        Lease = lease;
    }

    private HttpResponseMessage Answer(HttpStatusCode code) =>
        new(code) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Lease!.ToJsonString())) };

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\z")]
    private static partial Regex StrictMicroTime();
}
