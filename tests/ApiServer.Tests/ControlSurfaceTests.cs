using System.Net;
using System.Text.Json.Nodes;
using CrMonitor.Tests;

namespace CrMonitor.ApiServer.Tests;

/// <summary>Faults over HTTP, as tests in other languages ask for them.</summary>
public sealed class ControlSurfaceTests : ServerTest
{
    private const string Faults = "/crmonitor/faults";

    protected override EmbeddedApiServerOptions Options() => new() { TimeProvider = Time, ServesControl = true };

    [Fact]
    public async Task A_fault_is_added_counted_shown_and_removed()
    {
        var (created, fault) = await PostAsync(
            Faults, """{"action":"respond","status":429,"retryAfterSeconds":3,"times":5,"match":{"verb":"list","resource":"configmaps"}}""");
        using var met = await Client.GetAsync(new Uri(ConfigMaps, UriKind.Relative), Token);
        var (other, _) = await GetAsync("/api/v1/namespaces");
        var (_, shown) = await GetAsync($"{Faults}/{fault["id"]}");
        var (_, all) = await GetAsync(Faults);
        var (deleted, _) = await SendAsync(HttpMethod.Delete, $"{Faults}/{fault["id"]}");
        var (after, _) = await GetAsync(ConfigMaps);

        Assert.Equal([HttpStatusCode.Created, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK], [created, other, deleted, after]);
        Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(3)), (met.StatusCode, met.Headers.RetryAfter!.Delta));
        Assert.Equal(1, (int?)shown["hits"]);
        Assert.Equal("list", (string?)all["faults"]![0]!["match"]!["verb"]);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync($"{Faults}/{fault["id"]}")).Status);
    }

    [Theory]
    [InlineData("""{"action":"disconnect"}""")]
    [InlineData("""{"action":"disconnect","afterBytes":5}""")]
    [InlineData("""{"action":"cut"}""")]
    public async Task A_connection_and_an_answer_can_be_broken(string order)
    {
        await PostAsync(Faults, order);

        await Assert.ThrowsAnyAsync<Exception>(async () => JsonNode.Parse(await Client.GetStringAsync(new Uri(ConfigMaps, UriKind.Relative), Token)));
        await SendAsync(HttpMethod.Delete, Faults);

        Assert.Equal(HttpStatusCode.OK, (await GetAsync(ConfigMaps)).Status);
    }

    [Fact]
    public async Task Answers_can_be_delayed_and_frozen()
    {
        await PostAsync(Faults, """{"action":"delay","milliseconds":500,"times":1}""");
        var delayed = GetAsync(ConfigMaps);
        Assert.False(delayed.IsCompleted);
        Time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(HttpStatusCode.OK, (await delayed).Status);

        await PostAsync(Faults, """{"action":"freeze","times":1,"match":{"verb":"watch"}}""");
        await CreateAsync(ConfigMaps, ConfigMap("a"));
        using var watch = await WatchAsync(ConfigMaps);
        Assert.False(watch.NextAsync().IsCompleted);
        Assert.Equal(1, (int?)(await GetAsync("/crmonitor/watches")).Body["count"]);
    }

    [Fact]
    public async Task Open_watches_are_dropped_or_frozen_by_what_they_watch()
    {
        using var watch = await WatchAsync(ConfigMaps);
        using var other = await WatchAsync("/api/v1/namespaces/default/secrets");

        var (_, frozen) = await PostAsync("/crmonitor/watches/freeze", """{"match":{"resource":"secrets"}}""");
        var (_, dropped) = await PostAsync("/crmonitor/watches/drop", """{"match":{"resource":"configmaps"}}""");

        Assert.Equal((1, 1), ((int?)frozen["count"], (int?)dropped["count"]));
        await Assert.ThrowsAnyAsync<IOException>(watch.NextAsync);
    }

    [Fact]
    public async Task The_log_is_compacted()
    {
        var (_, created) = await CreateAsync(ConfigMaps, ConfigMap("a"));
        await CreateAsync(ConfigMaps, ConfigMap("b"));

        var (_, compacted) = await PostAsync("/crmonitor/compact", "");
        using var watch = await WatchAsync(ConfigMaps, $"&resourceVersion={Version(created)}");

        Assert.Equal(Server.Revision, (long?)compacted["revision"]);
        Assert.Equal(410, (int?)(await watch.NextAsync())!["object"]!["code"]);
    }

    [Fact]
    public async Task The_server_goes_after_its_answer_and_comes_back_without_its_data()
    {
        await CreateAsync(ConfigMaps, ConfigMap("a"));
        using var watch = await WatchAsync(ConfigMaps);
        Assert.Equal("ADDED a", await watch.NextNameAsync());

        var (status, _) = await PostAsync("/crmonitor/restart", """{"keepsData":false,"afterMilliseconds":100}""");
        var (again, conflict) = await PostAsync("/crmonitor/restart", "{}");
        Time.Advance(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<IOException>(watch.NextAsync);

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.Conflict, "a restart is under way"), (status, again, (string?)conflict["message"]));
        await Eventually.TrueAsync(() => Server.Storage.Count("configmaps") == 0, "the server is a new one");
    }

    [Fact]
    public async Task Requests_are_shown_and_forgotten_without_those_of_the_control_surface()
    {
        await CreateAsync(ConfigMaps, ConfigMap("a"));
        var (_, shown) = await GetAsync("/crmonitor/requests");
        await SendAsync(HttpMethod.Delete, "/crmonitor/requests");
        var (_, after) = await GetAsync("/crmonitor/requests");

        Assert.Equal(
            ("create", "configmaps", "default"),
            ((string?)shown["requests"]![0]!["verb"], (string?)shown["requests"]![0]!["resource"], (string?)shown["requests"]![0]!["namespace"]));
        Assert.Equal((1, 0), ((int?)shown["count"], (int?)after["count"]));
    }

    [Theory]
    [InlineData("""{"action":"explode"}""", "none of respond")]
    [InlineData("""{"action":"respond"}""", "respond needs a status")]
    [InlineData("""{"action":"respond","status":200}""", "status")]
    [InlineData("""{"action":"delay"}""", "delay needs milliseconds")]
    [InlineData("""{"action":"cut","afterBytes":5}""", "cut takes no afterBytes")]
    [InlineData("""{"action":"cut","times":0}""", "times")]
    [InlineData("""{"action":"cut","color":"red"}""", "color")]
    [InlineData("""{"action":"cut","match":{"verbs":"get"}}""", "verbs")]
    [InlineData("""{"times":1}""", "action")]
    [InlineData("[", "JSON")]
    [InlineData("null", "not an object")]
    public async Task An_order_that_cannot_be_followed_is_refused_with_its_reason(string order, string reason)
    {
        var (status, answer) = await PostAsync(Faults, order);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(reason, (string?)answer["message"], StringComparison.OrdinalIgnoreCase);
        Assert.Empty((await GetAsync(Faults)).Body["faults"]!.AsArray());
    }

    [Fact]
    public async Task It_is_not_served_unless_it_is_asked_for()
    {
        await using var server = await EmbeddedApiServer.StartAsync(new EmbeddedApiServerOptions { TimeProvider = Time }, Token);
        using var client = new HttpClient(server.CreateHandler()) { BaseAddress = server.Url };

        using var answer = await client.GetAsync(new Uri(Faults, UriKind.Relative), Token);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    private async Task<(HttpStatusCode Status, JsonObject Body)> PostAsync(string path, string body)
    {
        using var content = new StringContent(body);
        using var response = await Client.PostAsync(new Uri(path, UriKind.Relative), content, Token);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(Token))!.AsObject());
    }
}
