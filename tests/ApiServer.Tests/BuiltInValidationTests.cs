using System.Net;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Tests;

// Of built-in kinds, which the real server of the contract tests does not serve.
public sealed class BuiltInValidationTests : ServerTest
{
    private const string Deployments = "/apis/apps/v1/namespaces/default/deployments";

    [Theory]
    [InlineData("\"replicas\":\"3\"", "string into Go struct field DeploymentSpec.spec.replicas of type int32")]
    [InlineData("\"replicas\":1.5", "number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32")]
    [InlineData("\"paused\":\"yes\"", "string into Go struct field DeploymentSpec.spec.paused of type bool")]
    [InlineData("\"strategy\":[]", "array into Go struct field DeploymentSpec.spec.strategy of type v1.DeploymentStrategy")]
    [InlineData(
        "\"template\":{\"spec\":{\"containers\":{}}}", "object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container")]
    [InlineData(
        "\"template\":{\"spec\":{\"containers\":[{\"image\":1}]}}",
        "number into Go struct field Container.spec.template.spec.containers.image of type string")]
    [InlineData("\"selector\":{\"matchLabels\":{\"a\":true}}", "bool into Go struct field LabelSelector.spec.selector.matchLabels of type string")]
    public async Task A_value_of_the_wrong_JSON_type_is_a_bad_request(string field, string why)
    {
        var (status, body) = await SendAsync(
            HttpMethod.Post, Deployments, JsonNode.Parse(
                $$$"""{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{ {{{field}}} } }"""));

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("BadRequest", (string?)body["reason"]);
        Assert.Equal($"Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal {why}", (string?)body["message"]);
    }

    [Fact]
    public async Task The_keys_of_a_ConfigMap_have_a_form()
    {
        var (status, body) = await SendAsync(
            HttpMethod.Post, ConfigMaps, JsonNode.Parse("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a b":"1"}}"""));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Equal(
            "ConfigMap \"c\" is invalid: data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
            + "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
            (string?)body["message"]);
    }

    [Fact]
    public async Task An_immutable_ConfigMap_keeps_its_data()
    {
        var map = ConfigMap("c");
        map["immutable"] = true;
        await CreateAsync(ConfigMaps, map);

        var (status, body) = await MergeAsync($"{ConfigMaps}/c", new JsonObject { ["data"] = new JsonObject { ["value"] = "2" } });

        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Equal("ConfigMap \"c\" is invalid: data: Forbidden: field is immutable when `immutable` is set", (string?)body["message"]);
    }

    [Fact]
    public async Task A_Secret_of_a_known_type_has_its_keys()
    {
        var (status, body) = await SendAsync(
            HttpMethod.Post,
            "/api/v1/namespaces/default/secrets",
            JsonNode.Parse("""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"type":"kubernetes.io/tls","data":{"tls.crt":""}}"""));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Equal("Secret \"s\" is invalid: data[tls.key]: Required value", (string?)body["message"]);
    }

    [Fact]
    public async Task A_template_with_a_null_creation_time_is_the_one_without()
    {
        const string Template = """{"metadata":{"labels":{"a":"b"},"creationTimestamp":null},"spec":{"containers":[{"name":"c","image":"i"}]}}""";
        var (status, body) = await SendAsync(
            HttpMethod.Post,
            Deployments,
            JsonNode.Parse(
                $$$"""{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{{{Template}}} } }"""));

        Assert.Equal(HttpStatusCode.Created, status);
        Assert.False(body["spec"]!["template"]!["metadata"]!.AsObject().ContainsKey("creationTimestamp"), "a null says nothing");
    }
}
