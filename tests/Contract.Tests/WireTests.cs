using System.Net.Http.Headers;
using System.Text;
using YamlDotNet.RepresentationModel;

namespace CrMonitor.Contract.Tests;

/// <summary>What bodies may be, and what answers look like.</summary>
public sealed class WireTests(Servers servers) : ContractTest(servers)
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private const string Protobuf = "application/vnd.kubernetes.protobuf";
    private const string Accepted =
        "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf";

    [Theory, BothServers]
    public async Task An_object_can_be_had_in_YAML(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a", """{"image":"i","args":["yes","a: b"],"settings":{"x":"1\n2"}}""");

        var text = await TextAsync($"{Collection}/a", "application/yaml");

        // A real server sets no field of metadata but these, and those in the order of their names.
        Assert.StartsWith($"apiVersion: {Cluster.ApiVersion}\nkind: Widget\nmetadata:\n  creationTimestamp: \"20", text, StringComparison.Ordinal);
        Assert.EndsWith(
            "spec:\n  args:\n  - \"yes\"\n  - 'a: b'\n  image: i\n  replicas: 1\n  settings:\n    x: |-\n      1\n      2\n",
            text,
            StringComparison.Ordinal);
    }

    [Theory, BothServers]
    public async Task A_list_can_be_had_in_YAML(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");

        var yaml = new YamlStream();
        yaml.Load(new StringReader(await TextAsync(Collection, "application/yaml")));

        var list = (YamlMappingNode)yaml.Documents[0].RootNode;
        Assert.Equal("WidgetList", list["kind"].ToString());
        Assert.Equal("a", list["items"][0]["metadata"]["name"].ToString());
    }

    [Theory, BothServers]
    public async Task A_failure_can_be_had_in_YAML(ServerKind server)
    {
        await UseAsync(server);

        Assert.Equal(
            $"""
            apiVersion: v1
            code: 404
            details:
              group: {Cluster.Group}
              kind: widgets
              name: a
            kind: Status
            message: {Resource} "a" not found
            metadata: {"{}"}
            reason: NotFound
            status: Failure

            """,
            await TextAsync($"{Collection}/a", "application/yaml"));
    }

    [Theory, BothServers]
    public async Task The_resources_of_a_version_can_be_had_in_YAML(ServerKind server)
    {
        await UseAsync(server);

        var text = await TextAsync($"/apis/{Cluster.ApiVersion}", "application/yaml");

        Assert.StartsWith(
            $"apiVersion: v1\ngroupVersion: {Cluster.ApiVersion}\nkind: APIResourceList\nresources:\n- kind: Widget\n  name: widgets\n",
            text,
            StringComparison.Ordinal);
    }

    [Theory, BothServers]
    public async Task JSON_is_pretty_for_those_who_ask(ServerKind server)
    {
        await UseAsync(server);
        var path = $"{Collection}/a";

        Assert.StartsWith("{\n  \"kind\": \"Status\",\n", await TextAsync($"{path}?pretty=true", "application/json"), StringComparison.Ordinal);
        Assert.StartsWith("{\n  \"kind\": \"Status\",\n", await TextAsync(path, "application/json;pretty=1"), StringComparison.Ordinal);
        Assert.StartsWith("{\n  \"kind\": \"Status\",\n", await TextAsync(path, "application/json", agent: "Mozilla/5.0"), StringComparison.Ordinal);
        Assert.StartsWith(
            "{\"kind\":\"Status\",", await TextAsync($"{path}?pretty=0", "application/json", agent: "curl/8"), StringComparison.Ordinal);
        Assert.StartsWith("{\"kind\":\"Status\",", await TextAsync(path, "application/json"), StringComparison.Ordinal);
    }

    [Theory, BothServers]
    public async Task What_cannot_be_had_in_a_form_is_not_acceptable(ServerKind server)
    {
        await UseAsync(server);

        (await GetAsync(Collection, "text/html")).Refuses(406, "NotAcceptable", Accepted);
        Assert.Equal(406, (await GetAsync($"{Collection}?watch=true", "application/yaml")).Status);
        Assert.Equal(406, (await GetAsync(Collection, Protobuf)).Status);
        Assert.Equal(406, (await GetAsync("/version", "application/yaml")).Status);
    }

    [Theory, BothServers]
    public async Task A_definition_can_be_read_in_protobuf_and_written_as_it_was_read(ServerKind server)
    {
        await UseAsync(server);
        var path = $"{Definitions}/widgets.{Cluster.Group}";
        var before = (await GetAsync(path)).Succeeds();
        var bytes = await BytesAsync(path);

        var after = await SendProtobufAsync(HttpMethod.Put, path, bytes);

        Assert.Equal("k8s\0", Encoding.ASCII.GetString(bytes, 0, 4));
        JsonEqual(before.Body["spec"]!.ToJsonString(), after.Succeeds().Body["spec"]);
        JsonEqual(before.Body["metadata"]!["uid"]!.ToJsonString(), after.Body["metadata"]!["uid"]);
    }

    [Theory, BothServers]
    public async Task A_body_that_is_not_the_protobuf_that_it_should_be_is_refused(ServerKind server)
    {
        await UseAsync(server);

        foreach (var (body, why) in new[]
        {
            ("", "empty data (<empty>)"),
            ("k8s\0", "empty body (6b387300)"),
            ("{}", "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] ({})"),
            ("k8s\0\x0a\x7f", "unexpected EOF (6b3873000a7f)"),
        })
        {
            (await SendProtobufAsync(HttpMethod.Post, Definitions, Encoding.Latin1.GetBytes(body)))
                .Refuses(400, "BadRequest", $"the object provided is unrecognized (must be of type CustomResourceDefinition): {why}");
        }
    }

    [Theory, BothServers]
    public async Task The_options_of_a_deletion_may_be_protobuf_also_of_a_custom_resource(ServerKind server)
    {
        await UseAsync(server);
        await GivenAsync("a");
        byte[] other = [.. "k8s\0"u8, 0x12, 0x05, 0x12, 0x03, 0x0a, 0x01, (byte)'x'];

        (await SendProtobufAsync(HttpMethod.Delete, $"{Collection}/a", "zz"u8.ToArray()))
            .Refuses(400, "BadRequest", "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
        Assert.Equal(409, (await SendProtobufAsync(HttpMethod.Delete, $"{Collection}/a", other)).Status);
        (await Cluster.SendAsync(HttpMethod.Delete, $"{Collection}/a", "zz", "text/plain")).Refuses(
            415,
            "UnsupportedMediaType",
            $"the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, {Protobuf}");
    }

    [Theory, BothServers]
    public async Task A_body_of_an_unknown_type_is_refused(ServerKind server)
    {
        await UseAsync(server);

        (await Cluster.SendAsync(HttpMethod.Post, Definitions, "{}", "text/plain")).Refuses(
            415,
            "UnsupportedMediaType",
            $"the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, {Protobuf}");
    }

    [Theory, BothServers]
    public async Task A_body_over_three_mebibytes_is_too_large(ServerKind server)
    {
        await UseAsync(server);
        var body = new string('a', (3 * 1024 * 1024) + 1);

        (await CreateAsync(body)).Refuses(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728");
        (await MergeAsync("a", body)).Refuses(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728");
        (await DeleteAsync("a", body)).Refuses(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728");
    }

    [Theory, BothServers]
    public async Task An_object_that_is_too_large_to_be_stored_is_refused(ServerKind server)
    {
        await UseAsync(server);
        (await CreateAsync(Widget("a", Spec(1_400_000)))).Succeeds(201);

        (await CreateAsync(Widget("b", Spec(1_700_000)))).Refuses(500, "", "etcdserver: request is too large");
        (await MergeAsync("a", $$"""{"spec":{{Spec(1_700_000)}}}""")).Refuses(500, "", "etcdserver: request is too large");
        var answer = await CreateAsync(Widget("c", Spec(2_900_000)));

        // The length in the message is that of the whole message to the real server's storage.
        Assert.Equal(500, answer.Status);
        Assert.Matches(
            "^rpc error: code = ResourceExhausted desc = trying to send message larger than max \\(290[0-9]{4} vs\\. 2097152\\)$", answer.Message);
    }

    [Theory, BothServers]
    public async Task An_unknown_path_is_answered_with_all_that_there_are(ServerKind server)
    {
        await UseAsync(server);

        var root = (await GetAsync("/")).Succeeds();
        var unknown = await GetAsync("/nope");

        Assert.Equal(404, unknown.Status);
        var paths = unknown.Body["paths"]!.AsArray().Select(static p => (string)p!).ToList();
        Assert.Equal(paths.Order(StringComparer.Ordinal), paths);
        foreach (var expected in (string[])["/apis", "/apis/", "/healthz", "/healthz/ping", "/livez/ping", "/readyz/informer-sync", "/openapi/v3", "/version"])
        {
            Assert.Contains(expected, paths);
            Assert.Contains(root.Body["paths"]!.AsArray(), p => (string?)p == expected);
        }
    }

    [Theory, BothServers]
    public async Task Health_is_told_check_by_check(ServerKind server)
    {
        await UseAsync(server);

        var text = (string)(await GetAsync("/livez?verbose&exclude=ping&exclude=nope")).Succeeds().Body["text"]!;

        Assert.StartsWith("[+]ping excluded: ok\n[+]log ok\n[+]etcd ok\n", text, StringComparison.Ordinal);
        Assert.EndsWith(
            "\nwarn: some health checks cannot be excluded: no matches for \"nope\"\nlivez check passed\n", text, StringComparison.Ordinal);
        Assert.Equal("ok", (string?)(await GetAsync("/readyz/ping")).Succeeds().Body["text"]);
        Assert.Equal(404, (await GetAsync("/readyz/nope")).Status);
    }

    [Theory, BothServers]
    public async Task An_update_of_a_custom_resource_that_is_not_there_does_not_create_it(ServerKind server)
    {
        await UseAsync(server);

        (await UpdateAsync("a", Widget("a", metadata: ",\"resourceVersion\":\"1\""))).Refuses(404, "NotFound", $"{Resource} \"a\" not found");
    }

    private static string Spec(int length) => $$"""{"image":"{{new string('x', length)}}"}""";

    private async Task<string> TextAsync(string path, string accept, string agent = "contract/1")
    {
        using var response = await OpenAsync(HttpMethod.Get, path, accept, agent);
        Assert.StartsWith(accept.Split(';')[0], response.Content.Headers.ContentType!.ToString(), StringComparison.Ordinal);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private async Task<byte[]> BytesAsync(string path)
    {
        using var response = await OpenAsync(HttpMethod.Get, path, Protobuf, "contract/1");
        Assert.Equal(Protobuf, response.Content.Headers.ContentType?.MediaType);
        return await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
    }

    private Task<HttpResponseMessage> OpenAsync(HttpMethod method, string path, string accept, string agent)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        request.Headers.TryAddWithoutValidation("User-Agent", agent);
        return Cluster.SendAsync(request);
    }

    private async Task<Answer> SendProtobufAsync(HttpMethod method, string path, byte[] body)
    {
        var request = new HttpRequestMessage(method, path)
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(Protobuf) } },
        };
        using var response = await Cluster.SendAsync(request);
        return await Cluster.ReadAsync(response);
    }
}
