using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Protobuf;
using CrMonitor.ApiServer.Storage;

namespace CrMonitor.ApiServer.Tests;

/// <summary>Requests that nobody would send, and some that one would, in great numbers. Invariants: no request is a failure of the server; every
/// write has a revision of its own, higher than all before; the log replayed is the state; what queries know of an object is what stands in
/// it.</summary>
public sealed class FuzzTests
{
    // CRMONITOR_FUZZ_REQUESTS and CRMONITOR_FUZZ_SEED replace these for longer runs, or to repeat one.
    private const int DefaultRequests = 200_000;
    private const int DefaultSeed = 20261122;

    private const string Definition = """
        {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"things.example.com"},"spec":{"group":"example.com","scope":"Namespaced",
        "names":{"kind":"Thing","plural":"things","shortNames":["th"]},"versions":[
        {"name":"v1","served":true,"storage":true,"subresources":{"status":{},"scale":{"specReplicasPath":".spec.replicas","statusReplicasPath":".status.replicas"}},
        "schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","required":["size"],"properties":{
        "replicas":{"type":"integer","minimum":0},"size":{"type":"integer","default":3},"name":{"type":"string","maxLength":5,"pattern":"^[a-z]*$"},
        "list":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],"items":{"type":"object","required":["name"],
        "properties":{"name":{"type":"string"},"value":{"type":"integer"}}}},"set":{"type":"array","x-kubernetes-list-type":"set","items":{"type":"string"}},
        "any":{"type":"object","x-kubernetes-preserve-unknown-fields":true},"port":{"x-kubernetes-int-or-string":true}}},
        "status":{"type":"object","properties":{"ready":{"type":"boolean"},"replicas":{"type":"integer"}}}}}}},
        {"name":"v2","served":true,"storage":false,"schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}
        """;

    [Fact]
    public async Task No_request_breaks_the_server_or_its_invariants()
    {
        var requests = Number("CRMONITOR_FUZZ_REQUESTS", DefaultRequests);
        var seed = Number("CRMONITOR_FUZZ_SEED", DefaultSeed);
        var token = TestContext.Current.CancellationToken;
        TestContext.Current.TestOutputHelper!.WriteLine($"CRMONITOR_FUZZ_SEED={seed}");

        // The log keeps all, so that it can be replayed. No controllers: what is here is what the requests have made.
        await using var server = await EmbeddedApiServer.StartAsync(
            new EmbeddedApiServerOptions
            {
                MaximumLogLength = int.MaxValue,
                MaximumLogAge = TimeSpan.FromDays(1),
                RunsDeploymentController = false,
                RunsGarbageCollector = false,
                RunsNamespaceController = false,
            },
            token);
        server.Storage.Compact();
        using var client = new HttpClient(server.CreateHandler()) { BaseAddress = server.Url };
        using var definition = new StringContent(Definition, Encoding.UTF8, "application/json");
        using var defined = await client.PostAsync(
            new Uri("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", UriKind.Relative), definition, token);
        Assert.Equal(HttpStatusCode.Created, defined.StatusCode);

        var failures = new Dictionary<string, string>();
        var statuses = await SendAsync(client, server, seed, requests, failures, token);
        Assert.True(failures.Count == 0, $"{failures.Count} kinds of failures, the first of each:\n{string.Join("\n\n", failures.Values)}");

        // What has been got through to matters as much as that nothing broke.
        TestContext.Current.TestOutputHelper.WriteLine(
            string.Join(", ", statuses.OrderBy(static s => s.Key).Select(static s => $"{s.Key}: {s.Value}")));
        Assert.True(
            statuses.GetValueOrDefault(200) + statuses.GetValueOrDefault(201) > requests / 20,
            "too few requests succeed for the others to mean much");
        Assert.All(
            (int[])[200, 201, 400, 404, 405, 406, 409, 415, 422],
            s => Assert.True(statuses.GetValueOrDefault(s) > 0, $"no request was answered with {s}"));
        Assert.Equal("ok", await client.GetStringAsync(new Uri("/healthz", UriKind.Relative), token));
        CheckInvariants(server);
        using var list = await client.GetAsync(new Uri("/apis/example.com/v1/things", UriKind.Relative), token);
        Assert.Equal(HttpStatusCode.OK, list.StatusCode);
    }

    private static async Task<Dictionary<int, int>> SendAsync(
        HttpClient client, EmbeddedApiServer server, int seed, int count, Dictionary<string, string> failures, CancellationToken cancellationToken)
    {
        var statuses = new Dictionary<int, int>();
        var generator = new RequestGenerator(seed);
        var revision = server.Revision;
        for (var i = 0; i < count; i++)
        {
            using var request = generator.Next();
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            var status = (int)response.StatusCode;
            statuses[status] = statuses.GetValueOrDefault(status) + 1;
            if (status >= 500)
            {
                var answer = Text(response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsByteArrayAsync(cancellationToken));
                if (!IsDeliberate(status, answer))
                {
                    var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
                    var type = request.Content?.Headers.NonValidated["Content-Type"].ToString();
                    failures.TryAdd(answer, $"seed {seed}, request {i}: {request.Method} {request.RequestUri} ({type}) {body}\n{status} {answer}");
                }
            }

            // A watch that goes on is broken off when its answer is disposed.
            var now = server.Revision;
            Assert.True(now >= revision, $"seed {seed}, request {i}: the revision went from {revision} back to {now}");
            revision = now;
        }

        return statuses;
    }

    /// <summary>
    /// Kubernetes answers some bad requests with 5xx, and so does this server: those without a reason, those for a version that is not there yet, and
    /// patches that leave an object without an apiVersion.
    /// </summary>
    private static bool IsDeliberate(int status, string answer)
    {
        // Answers to HEAD have no body; what they would say is met by GET.
        return answer.Length == 0 || (status, (string?)JsonNode.Parse(answer)!["reason"]) is (500, null) or (504, "Timeout")
            || answer.Contains("object has no apiVersion field", StringComparison.Ordinal);
    }

    /// <summary>An answer in whichever form as JSON.</summary>
    private static string Text(string? mediaType, byte[] answer) => mediaType switch
    {
        _ when answer.Length == 0 => "",
        "application/yaml" => Encoding.UTF8.GetString(YamlText.ToJson(answer, out _)),
        ProtobufEnvelope.MediaType => ProtobufEnvelope.Decode(answer, "v1", "Status").ToJsonString(),
        _ => Encoding.UTF8.GetString(answer),
    };

    private static void CheckInvariants(EmbeddedApiServer server)
    {
        var store = server.Store;
        var revisions = new HashSet<long>();
        foreach (var table in store.Tables)
        {
            var state = store.Read(table);
            var replayed = new SortedDictionary<string, StoredObject>(StringComparer.Ordinal);
            foreach (var obj in store.ReadAt(table, store.OldestRevision(table))!.Value.Objects)
            {
                replayed.Add(obj.Key, obj);
            }

            var last = 0L;
            for (var change = table.Head.Next; change is not null; change = change.Next)
            {
                Assert.True(change.Revision > last, $"{table.StorageKey}: revision {change.Revision} follows {last}");
                Assert.True(revisions.Add(change.Revision), $"{table.StorageKey}: revision {change.Revision} was given twice");
                last = change.Revision;
                var key = (change.Current ?? change.Previous)!.Key;
                Assert.Same(change.Previous, replayed.GetValueOrDefault(key));
                if (change.Current is { } current)
                {
                    Assert.Equal(change.Revision, current.Revision);
                    replayed[key] = current;
                }
                else
                {
                    replayed.Remove(key);
                }
            }

            Assert.Equal<StoredObject>([.. replayed.Values], [.. state.Objects]);
            Assert.All(state.Objects, CheckIndex);
        }
    }

    /// <summary>What queries know of an object is what stands in it.</summary>
    private static void CheckIndex(StoredObject obj)
    {
        var json = JsonText.ParseObject(obj.Json);
        var metadata = json["metadata"]!;
        Assert.Equal(
            (obj.Namespace, obj.Name, obj.Uid, obj.Revision.ToString(CultureInfo.InvariantCulture), obj.ApiVersion),
            ((string?)metadata["namespace"] ?? "", (string?)metadata["name"], (string?)metadata["uid"], (string?)metadata["resourceVersion"], (string?)json["apiVersion"]));
        Assert.Equal(StoredObject.KeyOf(obj.Namespace, obj.Name), obj.Key);
        Assert.Equal(
            obj.Labels.OrderBy(static l => l.Key, StringComparer.Ordinal),
            (metadata["labels"] as JsonObject ?? []).Select(static l => KeyValuePair.Create(l.Key, (string)l.Value!)).OrderBy(
                static l => l.Key, StringComparer.Ordinal));
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
