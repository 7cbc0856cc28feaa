using System.Net;
using System.Net.Sockets;

namespace CrMonitor.ApiServer.Tests;

public sealed class FaultTests : ServerTest
{
    [Fact]
    public async Task Some_requests_are_answered_with_a_status_and_then_no_more()
    {
        var fault = Server.Faults.Respond(
            HttpStatusCode.TooManyRequests, static r => r.Verb == "list", times: 2, retryAfter: TimeSpan.FromSeconds(3));

        using var first = await Client.GetAsync(new Uri(ConfigMaps, UriKind.Relative), Token);
        var (second, body) = await GetAsync(ConfigMaps);
        var (third, _) = await GetAsync(ConfigMaps);

        Assert.Equal([HttpStatusCode.TooManyRequests, HttpStatusCode.TooManyRequests, HttpStatusCode.OK], [first.StatusCode, second, third]);
        Assert.Equal(TimeSpan.FromSeconds(3), first.Headers.RetryAfter!.Delta);
        Assert.Equal(("TooManyRequests", 3), ((string?)body["reason"], (int?)body["details"]!["retryAfterSeconds"]));
        Assert.Equal(2, fault.HitCount);
    }

    [Fact]
    public async Task A_fault_meets_only_what_it_matches_and_ends_when_disposed()
    {
        var fault = Server.Faults.Respond(HttpStatusCode.Conflict, static r => r is { Verb: "create", Resource: "configmaps", Namespace: "default" });

        var (create, _) = await CreateAsync(ConfigMaps, ConfigMap("a"));
        var (list, _) = await GetAsync(ConfigMaps);
        fault.Dispose();
        var (again, _) = await CreateAsync(ConfigMaps, ConfigMap("a"));

        Assert.Equal([HttpStatusCode.Conflict, HttpStatusCode.OK, HttpStatusCode.Created], [create, list, again]);
    }

    [Fact]
    public async Task A_delayed_request_is_served_when_its_time_has_come()
    {
        using var fault = Server.Faults.Delay(TimeSpan.FromSeconds(5), times: 1);

        var answer = GetAsync(ConfigMaps);
        Assert.False(answer.IsCompleted);
        Time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(HttpStatusCode.OK, (await answer).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_closed_connection_is_a_failure_of_the_request(bool overSocket)
    {
        using var socket = new HttpClient { BaseAddress = Server.Url };
        var client = overSocket ? socket : Client;
        using var fault = Server.Faults.Disconnect(times: 1);

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(new Uri(ConfigMaps, UriKind.Relative), Token));
        Assert.Contains("ConfigMapList", await client.GetStringAsync(new Uri(ConfigMaps, UriKind.Relative), Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dropped_watches_break_off(bool overSocket)
    {
        using var socket = new HttpClient { BaseAddress = Server.Url };
        using var watch = await TestWatch.OpenAsync(overSocket ? socket : Client, $"{ConfigMaps}?watch=true", Token);

        Assert.Equal(1, Server.Faults.DropWatches(static r => r.Resource == "configmaps"));

        await Assert.ThrowsAnyAsync<IOException>(watch.NextAsync);
    }

    [Fact]
    public async Task A_frozen_watch_stays_open_and_silent()
    {
        using var watch = await WatchAsync(ConfigMaps, "&allowWatchBookmarks=true");
        Assert.Equal("BOOKMARK", await watch.NextNameAsync());
        Assert.Equal(1, Server.Faults.FreezeWatches());

        await CreateAsync(ConfigMaps, ConfigMap("a"));
        var next = watch.NextAsync();
        Time.Advance(TimeSpan.FromMinutes(2));
        using var other = await WatchAsync(ConfigMaps);

        // The other watch has been through everything that the frozen one would have had to go through.
        Assert.Equal("ADDED a", await other.NextNameAsync());
        Assert.False(next.IsCompleted);
        Assert.Equal(2, Server.Faults.CountWatches());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_that_does_not_listen_refuses_and_comes_back_with_its_objects(bool overSocket)
    {
        await CreateAsync(ConfigMaps, ConfigMap("a"));
        var url = Server.Url;
        using var socket = new HttpClient { BaseAddress = url };
        var client = overSocket ? socket : Client;
        using var watch = await TestWatch.OpenAsync(client, $"{ConfigMaps}?watch=true&resourceVersion=1", Token);
        Assert.Equal("ADDED a", await watch.NextNameAsync());

        await Server.StopListeningAsync();
        await Assert.ThrowsAnyAsync<IOException>(watch.NextAsync);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri(ConfigMaps, UriKind.Relative), Token));
        await Server.StartListeningAsync(Token);

        Assert.Equal(url, Server.Url);
        Assert.Contains("\"name\":\"a\"", await client.GetStringAsync(new Uri(ConfigMaps, UriKind.Relative), Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_port_of_a_server_that_does_not_listen_is_given_to_no_other_connection()
    {
        Assert.SkipUnless(
            OperatingSystem.IsOSPlatformVersionAtLeast("linux", 6, 3), "Only there can a socket be told which port to take for a connection.");
        await using var other = await EmbeddedApiServer.StartAsync(cancellationToken: Token);
        await Server.StopListeningAsync();

        // IP_LOCAL_PORT_RANGE of IPPROTO_IP: the system chooses the port of the connection, and has but one to choose.
        using var connection = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        connection.SetRawSocketOption(0, 51, BitConverter.GetBytes((Server.Url.Port << 16) | Server.Url.Port));
        var refusal = await Assert.ThrowsAsync<SocketException>(
            async () => await connection.ConnectAsync(IPAddress.Loopback, other.Url.Port, Token));

        Assert.Equal(SocketError.AddressNotAvailable, refusal.SocketErrorCode);
        await Server.StartListeningAsync(Token);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(ConfigMaps)).Status);
    }

    [Fact]
    public async Task The_port_of_a_server_that_has_stopped_for_good_is_free()
    {
        await Server.StopAsync();

        await using var next = await EmbeddedApiServer.StartAsync(new EmbeddedApiServerOptions { Port = Server.Url.Port }, Token);

        Assert.Equal(Server.Url, next.Url);
    }

    [Fact]
    public async Task A_port_that_was_taken_while_the_server_did_not_listen_is_named_with_a_remedy_and_can_be_tried_again()
    {
        await Server.StopListeningAsync();
        await using (await EmbeddedApiServer.StartAsync(new EmbeddedApiServerOptions { Port = Server.Url.Port }, Token))
        {
            var error = await Assert.ThrowsAsync<IOException>(() => Server.StartListeningAsync(Token));
            Assert.Contains($"127.0.0.1:{Server.Url.Port}", error.Message, StringComparison.Ordinal);
            Assert.Contains("End what holds the port", error.Message, StringComparison.Ordinal);
        }

        await Server.StartListeningAsync(Token);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(ConfigMaps)).Status);
    }

    [Fact]
    public async Task A_port_that_is_in_use_is_named()
    {
        var error = await Assert.ThrowsAsync<IOException>(
            () => EmbeddedApiServer.StartAsync(new EmbeddedApiServerOptions { Port = Server.Url.Port }, Token));

        Assert.Contains($":{Server.Url.Port}", error.Message, StringComparison.Ordinal);
    }
}
