using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer;

namespace CrMonitor.Benchmarks.ApiServers;

/// <summary>Runs one workload once on a server of its own and measures it.</summary>
internal static class ServerRun
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";
    private const string Applications = "/apis/example.com/v1/namespaces/default/applications";

    private const string Definition = """
        {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"applications.example.com"},"spec":{"group":"example.com","scope":"Namespaced",
        "names":{"kind":"Application","plural":"applications"},"versions":[{"name":"v1","served":true,"storage":true,"subresources":{"status":{}},"schema":{"openAPIV3Schema":{"type":"object",
        "properties":{"spec":{"type":"object","required":["image"],"properties":{"image":{"type":"string"},"replicas":{"type":"integer","minimum":0,"default":1},
        "env":{"type":"array","items":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"value":{"type":"string"}}}}}}}}}}]}}
        """;

    public static Task<ServerResult> MeasureAsync(ServerWorkload workload, int count, int repetition) => workload switch
    {
        ServerWorkload.Start => StartAsync(repetition),
        ServerWorkload.Create => CreateAsync(count, repetition),
        ServerWorkload.Watch => WatchAsync(count, repetition),
        _ => FillAsync(count, repetition),
    };

    private static async Task<ServerResult> StartAsync(int repetition)
    {
        var usage = Usage.Begin();
        await using var server = await EmbeddedApiServer.StartAsync();
        using var client = new HttpClient { BaseAddress = server.Url };
        using (var answer = await client.GetAsync(new Uri("/api/v1/namespaces/default", UriKind.Relative)))
        {
            answer.EnsureSuccessStatusCode();
        }

        return ServerResult.Read(usage, ServerWorkload.Start, 1, repetition, hasRate: false);
    }

    private static async Task<ServerResult> CreateAsync(int count, int repetition)
    {
        await using var server = await EmbeddedApiServer.StartAsync();
        using var client = new HttpClient(server.CreateHandler()) { BaseAddress = server.Url };
        var bodies = Enumerable.Range(0, count)
            .Select(static i => Encoding.UTF8.GetBytes($$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c{{{i}}}"},"data":{"value":"{{{i}}}"}}"""))
            .ToArray();
        var clients = Environment.ProcessorCount;

        var usage = Usage.Begin();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(c => Task.Run(async () =>
        {
            for (var i = c; i < count; i += clients)
            {
                await PostAsync(client, ConfigMaps, bodies[i]);
            }
        })));
        return ServerResult.Read(usage, ServerWorkload.Create, count, repetition, hasRate: true);
    }

    private static async Task<ServerResult> WatchAsync(int watchers, int repetition)
    {
        await using var server = await EmbeddedApiServer.StartAsync();
        using var client = new HttpClient(server.CreateHandler()) { BaseAddress = server.Url, Timeout = Timeout.InfiniteTimeSpan };
        var answers = new List<HttpResponseMessage>();
        var received = new List<Task>();
        for (var i = 0; i < watchers; i++)
        {
            var answer = await client.GetAsync(
                new Uri($"{ConfigMaps}?watch=true&resourceVersion={server.Revision}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
            answers.Add(answer);
            var body = await answer.Content.ReadAsStreamAsync();
            received.Add(ReadEventAsync(body));
        }

        var usage = Usage.Begin();
        await PostAsync(client, ConfigMaps, """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"value":"1"}}"""u8.ToArray());
        await Task.WhenAll(received);
        var result = ServerResult.Read(usage, ServerWorkload.Watch, watchers, repetition, hasRate: false);
        answers.ForEach(static a => a.Dispose());
        return result;
    }

    private static async Task<ServerResult> FillAsync(int count, int repetition)
    {
        await using var server = await EmbeddedApiServer.StartAsync();
        using var client = new HttpClient(server.CreateHandler()) { BaseAddress = server.Url };
        await PostAsync(client, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", Encoding.UTF8.GetBytes(Definition));
        var usage = Usage.Begin();
        for (var i = 0; i < count; i++)
        {
            await PostAsync(client, Applications, Application(i));
        }

        var result = ServerResult.Read(usage, ServerWorkload.Memory, count, repetition, hasRate: true);
        GC.KeepAlive(server);
        return result;
    }

    /// <summary>An object that is 1.5 KB when it is stored.</summary>
    private static byte[] Application(int number)
    {
        var env = new JsonArray([.. Enumerable.Range(0, 20).Select(i => new JsonObject { ["name"] = $"VARIABLE_{i}", ["value"] = $"value-{i}-of-{number}" })]);
        return Encoding.UTF8.GetBytes(new JsonObject
        {
            ["apiVersion"] = "example.com/v1",
            ["kind"] = "Application",
            ["metadata"] = new JsonObject { ["name"] = $"application-{number}", ["labels"] = new JsonObject { ["app"] = "web" } },
            ["spec"] = new JsonObject { ["image"] = "registry.example.com/web:1.0", ["replicas"] = 3, ["env"] = env },
        }.ToJsonString());
    }

    private static async Task PostAsync(HttpClient client, string path, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await client.PostAsync(new Uri(path, UriKind.Relative), content);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task ReadEventAsync(Stream body)
    {
        var buffer = new byte[4096];
        int read;
        do
        {
            read = await body.ReadAsync(buffer);
        }
        while (read > 0 && buffer[read - 1] != (byte)'\n');
    }
}
