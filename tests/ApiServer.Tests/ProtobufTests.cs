using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Protobuf;

namespace CrMonitor.ApiServer.Tests;

public sealed class ProtobufTests : ServerTest
{
    private const string MediaType = "application/vnd.kubernetes.protobuf";

    // As kubectl 1.32 sends it for `create namespace red`: kind, then metadata {name, empty texts, an empty creationTimestamp}, spec, status.
    private static readonly byte[] Namespace = [.. "k8s\0"u8, .. Message(
        (1, Message((1, "v1"u8.ToArray()), (2, "Namespace"u8.ToArray()))),
        (2, Message(
            (1, Message(
                (1, "red"u8.ToArray()), (2, []), (3, []), (4, []), (5, []), (6, []), (8, []),
                (11, Message((1, "a"u8.ToArray()), (2, "b"u8.ToArray()))))),
            (2, []),
            (3, Message((1, [])))))),
        ..Message((3, []), (4, []))];

    [Fact]
    public async Task An_object_is_created_from_protobuf_and_what_is_empty_in_it_says_nothing()
    {
        var (status, created) = await PostAsync("/api/v1/namespaces", Namespace);

        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal("red", (string?)created["metadata"]!["name"]);
        Assert.Equal("""{"a":"b","kubernetes.io/metadata.name":"red"}""", created["metadata"]!["labels"]!.ToJsonString());
        Assert.Equal("Active", (string?)created["status"]!["phase"]);
        Assert.Null(created["metadata"]!["generateName"]);
    }

    [Theory]
    [InlineData("", "empty data (<empty>)")]
    [InlineData("zzzz", "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (7a7a7a7a)")]
    [InlineData("k8s\0", "empty body (6b387300)")]
    [InlineData("k8s\0\x0a\x7f", "unexpected EOF (6b3873000a7f)")]
    [InlineData("k8s\0\x0b", "proto: illegal wireType 3 (6b3873000b)")]
    public async Task A_body_that_is_not_protobuf_is_refused(string body, string why)
    {
        var (status, answer) = await PostAsync("/api/v1/namespaces", Encoding.Latin1.GetBytes(body));

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal($"the object provided is unrecognized (must be of type Namespace): {why}", (string?)answer["message"]);
    }

    [Fact]
    public async Task A_message_that_is_cut_short_is_refused_with_the_kind_that_it_should_be()
    {
        byte[] body = [.. "k8s\0"u8, .. Message((2, [0x0a, 0x10, 0x0a]))];

        var (status, answer) = await PostAsync("/api/v1/namespaces", body);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("Namespace in version \"v1\" cannot be handled as a Namespace: unexpected EOF", (string?)answer["message"]);
    }

    [Fact]
    public async Task The_options_of_a_deletion_may_be_protobuf()
    {
        await CreateAsync(ConfigMaps, ConfigMap("a"));
        byte[] options = [.. "k8s\0"u8, .. Message(
            (1, Message((1, "v1"u8.ToArray()), (2, "DeleteOptions"u8.ToArray()))), (2, Message((2, Message((1, "another"u8.ToArray()))))))];

        var (status, answer) = await SendBytesAsync(HttpMethod.Delete, $"{ConfigMaps}/a", options);

        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains("another", (string?)answer["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_accepts_protobuf_alone_gets_objects_lists_and_failures_in_it()
    {
        await CreateAsync(ConfigMaps, ConfigMap("a", "7"));

        var one = await ReadAsync($"{ConfigMaps}/a", "ConfigMap");
        var list = await ReadAsync(ConfigMaps, "ConfigMapList");
        var failure = await ReadAsync($"{ConfigMaps}/b", "Status");

        Assert.Equal("7", (string?)one["data"]!["value"]);
        Assert.Equal(["a"], Names(list));
        Assert.Equal(("NotFound", 404L), ((string?)failure["reason"], (long?)failure["code"]));
    }

    [Fact]
    public async Task A_watch_is_not_shown_in_protobuf()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{ConfigMaps}?watch=true");
        request.Headers.TryAddWithoutValidation("Accept", MediaType);

        using var response = await Client.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.NotAcceptable, response.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Objects))]
    public void An_object_is_the_same_after_it_was_written_and_read(string json)
    {
        var obj = JsonNode.Parse(json)!.AsObject();

        var copy = ProtobufEnvelope.Decode(ProtobufEnvelope.Encode(obj), "", "");

        Assert.True(JsonNode.DeepEquals(obj, copy), copy.ToJsonString());
    }

    public static TheoryData<string> Objects { get; } =
    [
        """
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","creationTimestamp":"2026-03-01T12:00:00Z","labels":{"a":""},"ownerReferences":[{"apiVersion":"apps/v1",
        "kind":"ReplicaSet","name":"r","uid":"u","controller":true}],"managedFields":[{"manager":"m","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{}}}]},
        "spec":{"terminationGracePeriodSeconds":0,"securityContext":{"supplementalGroups":[1,2]},"volumes":[{"name":"v","configMap":{"name":"c","defaultMode":420}},
        {"name":"e","emptyDir":{"sizeLimit":"1Gi"}}],"containers":[{"name":"c","image":"i","ports":[{"containerPort":80}],"resources":{"limits":{"cpu":"500m"}},
        "env":[{"name":"E","valueFrom":{"secretKeyRef":{"name":"s","key":"k","optional":false}}}],"livenessProbe":{"httpGet":{"path":"/","port":"web"},"periodSeconds":5},
        "readinessProbe":{"tcpSocket":{"port":8080}}}]}}
        """,
        """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"data":{"a":"AAH/","b":""},"type":"Opaque","immutable":false}""",
        """{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"ports":[{"port":80,"targetPort":"web"},{"port":81,"targetPort":8081}],"selector":{"a":"b"}}}""",
        """
        {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l"},"spec":{"holderIdentity":"","leaseDurationSeconds":15,
        "renewTime":"2026-03-01T12:00:00.123456Z","acquireTime":"1969-12-31T23:59:59.999999Z"}}
        """,
        """{"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"e"},"eventTime":"2026-03-01T12:00:00.000001Z","note":"n","series":{"count":2}}""",
        """{"apiVersion":"v1","kind":"Event","metadata":{"name":"e"},"involvedObject":{"kind":"Pod"},"message":"n","count":-3}""",
        """
        {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"w"},"spec":{"group":"g","scope":"Cluster","versions":[{"name":"v1",
        "served":true,"storage":false,"schema":{"openAPIV3Schema":{"type":"object","required":["a"],"properties":{"a":{"type":"number","minimum":0.5,"default":{"x":[1,null]},
        "enum":["y",3]},"b":{"additionalProperties":{"type":"string"}},"c":{"additionalProperties":false},"d":{"type":"array","items":{"$ref":"r"}},
        "e":{"x-kubernetes-preserve-unknown-fields":true}}}}}]}}
        """,
    ];

    private async Task<JsonObject> ReadAsync(string path, string kind)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", MediaType);
        using var response = await Client.SendAsync(request, Token);
        Assert.Equal(MediaType, response.Content.Headers.ContentType?.MediaType);
        var obj = ProtobufEnvelope.Decode(await response.Content.ReadAsByteArrayAsync(Token), "", "");
        Assert.Equal(kind, (string?)obj["kind"]);
        return obj;
    }

    private Task<(HttpStatusCode Status, JsonObject Body)> PostAsync(string path, byte[] body) => SendBytesAsync(HttpMethod.Post, path, body);

    private async Task<(HttpStatusCode Status, JsonObject Body)> SendBytesAsync(HttpMethod method, string path, byte[] body)
    {
        using var request = new HttpRequestMessage(method, path)
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(MediaType) } },
        };
        using var response = await Client.SendAsync(request, Token);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(Token))!.AsObject());
    }

    /// <summary>A message of texts, bytes and messages, all of them short.</summary>
    private static byte[] Message(params ReadOnlySpan<(int Number, byte[] Value)> fields)
    {
        var message = new List<byte>();
        foreach (var (number, value) in fields)
        {
            message.AddRange([(byte)((number << 3) | 2), checked((byte)value.Length), .. value]);
        }

        return [.. message];
    }
}
