using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Tests;

/// <summary>What a client has asked for, compared with what its role allows.</summary>
public sealed class RequestLogTests : ServerTest
{
    private const string Role = """
        apiVersion: v1
        kind: Namespace
        metadata: {name: x}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {name: reader}
        rules:
          - apiGroups: [""]
            resources: [configmaps]
            verbs: [get, list, watch]
          - apiGroups: [apps]
            resources: [deployments, deployments/status]
            verbs: [get]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {name: one}
        rules:
          - apiGroups: [""]
            resources: [secrets]
            resourceNames: [known]
            verbs: ["*"]
        """;

    protected override EmbeddedApiServerOptions Options() => new() { TimeProvider = Time, MaximumRecordedRequests = 5 };

    [Fact]
    public async Task A_request_is_recorded_in_the_terms_of_the_api()
    {
        Client.DefaultRequestHeaders.UserAgent.ParseAdd("operator/1.0");

        await GetAsync("/apis/apps/v1/namespaces/default/deployments/web/status");

        var request = Assert.Single(Server.Requests.Latest());
        Assert.Equal(
            ("get", "apps", "v1", "deployments", "status", "default", "web", "operator/1.0"),
            (request.Verb, request.Group, request.Version, request.Resource, request.Subresource, request.Namespace, request.Name, request.UserAgent));
        Assert.Equal(new Permission("apps", "deployments/status", "get"), request.Permission);
        Assert.Equal("get deployments/status of apps", request.Permission.ToString());
    }

    [Fact]
    public async Task Only_the_latest_requests_are_kept_but_all_are_counted()
    {
        for (var i = 0; i < 8; i++)
        {
            await GetAsync($"{ConfigMaps}/{i}");
        }

        Assert.Equal(["3", "4", "5", "6", "7"], Server.Requests.Latest().Select(static r => r.Name));
        Assert.Equal(8, Server.Requests.Count);
        Server.Requests.Clear();
        Assert.Empty(Server.Requests.Latest());
        Assert.Equal(0, Server.Requests.Count);
    }

    [Fact]
    public async Task An_apply_needs_the_permission_to_create_only_when_it_does()
    {
        await SendAsync(HttpMethod.Patch, $"{ConfigMaps}/a?fieldManager=t", ConfigMap("a"), "application/apply-patch+yaml");
        await SendAsync(HttpMethod.Patch, $"{ConfigMaps}/a?fieldManager=t", ConfigMap("a", "2"), "application/apply-patch+yaml");

        Assert.Equal(["patch", "create", "patch"], Server.Requests.Latest().Select(static r => r.Verb));
    }

    [Fact]
    public async Task What_is_needed_and_not_allowed_is_named_and_so_is_what_is_allowed_and_not_needed()
    {
        var rules = RbacRules.Parse(Role);
        await GetAsync(ConfigMaps);
        await CreateAsync(ConfigMaps, ConfigMap("a"));
        await GetAsync("/api/v1/namespaces/default/secrets/known");
        await GetAsync("/api/v1/namespaces/default/secrets/other");
        await GetAsync("/version");

        Assert.Equal([new Permission("", "configmaps", "create"), new Permission("", "secrets", "get")], rules.MissingFor(Server.Requests.Latest()));
        Assert.Equal(
            [new("", "configmaps", "get"), new("", "configmaps", "watch"), new("apps", "deployments", "get"), new Permission(
                "apps", "deployments/status", "get")],
            rules.UnusedBy(Server.Requests.Latest()));
    }

    [Theory]
    [InlineData("[\"*\"]", "[\"*\"]", "[\"*\"]", true)]
    [InlineData("[apps]", "[\"*/status\"]", "[patch]", true)]
    [InlineData("[apps]", "[\"*/scale\"]", "[patch]", false)]
    [InlineData("[\"\"]", "[deployments/status]", "[patch]", false)]
    [InlineData("[apps]", "[deployments]", "[patch]", false)]
    [InlineData("[apps]", "[deployments/status]", "[update]", false)]
    public async Task Wildcards_allow_as_in_a_cluster(string groups, string resources, string verbs, bool isAllowed)
    {
        var rules = RbacRules.Parse($"{{kind: ClusterRole, rules: [{{apiGroups: {groups}, resources: {resources}, verbs: {verbs}}}]}}");

        await SendAsync(
            HttpMethod.Patch, "/apis/apps/v1/namespaces/default/deployments/web/status", new JsonObject(), "application/merge-patch+json");

        Assert.Equal(isAllowed, rules.Allows(Assert.Single(Server.Requests.Latest())));
    }

    [Theory]
    [InlineData("{kind: ConfigMap}", "neither a Role nor a ClusterRole")]
    [InlineData("kind: [", "not YAML")]
    [InlineData("{kind: Role, rules: [{verbs: get}]}", "verbs of a rule is a list")]
    [InlineData("{kind: Role, rules: [get]}", "a rule is a mapping")]
    public void A_manifest_without_rules_is_refused_with_its_reason(string manifest, string reason) =>
        Assert.Contains(reason, Assert.Throws<FormatException>(() => RbacRules.Parse(manifest)).Message, StringComparison.Ordinal);
}
