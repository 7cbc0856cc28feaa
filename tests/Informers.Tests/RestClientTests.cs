using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace CrMonitor.Informers.Tests;

public sealed class RestClientTests : IDisposable
{
    private readonly SignallingTime _time = new();
    private readonly ScriptedServer _server = new();
    private readonly RestClient _client;

    public RestClientTests() => _client = new RestClient(_server.Transport, new RestClientOptions { TimeProvider = _time, Random = new Random(1) });

    public void Dispose() => _server.Dispose();

    public static TheoryData<string, string?> Idempotent => new()
    {
        { "GET", null }, { "PUT", null }, { "DELETE", null }, { "PATCH", KubeRequest.ApplyPatch },
    };

    [Fact]
    public async Task A_call_carries_its_body_and_brings_the_answer_with_its_warnings()
    {
        var call = _client.SendAsync(
            new KubeRequest { Method = HttpMethod.Patch, Path = "/api/v1/x?fieldManager=me", Body = "{}"u8.ToArray(), ContentType = KubeRequest.MergePatch },
            TestContext.Current.CancellationToken);
        var request = await _server.NextAsync();
        Assert.Equal("http://server/api/v1/x?fieldManager=me", request.Uri.ToString());
        Assert.Equal(("PATCH", "{}", KubeRequest.MergePatch), (request.Method.Method, request.Body, request.ContentType));
        request.Answer(HttpStatusCode.Created, "made", response =>
        {
            response.Headers.Warning.Add(new WarningHeaderValue(299, "-", "\"v1beta1 \\\"x\\\" is old\""));
        });

        var answer = await call;
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal("made", Encoding.UTF8.GetString(answer.Body.Span));
        Assert.Equal(["v1beta1 \"x\" is old"], answer.Warnings);
    }

    [Fact]
    public async Task Every_attempt_is_told_with_what_came_of_it()
    {
        var attempts = new List<(int Number, HttpStatusCode? StatusCode, int Length)>();
        var client = new RestClient(_server.Transport, new RestClientOptions
        {
            TimeProvider = _time,
            OnAttempt = attempt => attempts.Add((attempt.Number, attempt.StatusCode, attempt.ResponseLength)),
        });
        var call = client.SendAsync(new KubeRequest { Method = HttpMethod.Put, Path = "/apis/a/b" }, TestContext.Current.CancellationToken);
        var atOnce = new RetryConditionHeaderValue(TimeSpan.Zero);
        (await _server.NextAsync()).Answer(HttpStatusCode.TooManyRequests, "busy", response => response.Headers.RetryAfter = atOnce);
        (await _server.NextAsync()).Answer(HttpStatusCode.Conflict, Json.Status(409, "Conflict", "changed"));
        await Assert.ThrowsAsync<KubeApiException>(() => call);

        using var giveUp = new CancellationTokenSource();
        var pending = client.SendAsync(new KubeRequest { Method = HttpMethod.Get, Path = "/apis/a/b" }, giveUp.Token);
        await _server.NextAsync();
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);

        Assert.Equal(
            [
                (0, HttpStatusCode.TooManyRequests, "busy".Length),
                (1, HttpStatusCode.Conflict, Json.Status(409, "Conflict", "changed").Length),
                (0, null, 0),
            ],
            attempts);
    }

    [Fact]
    public async Task What_must_hold_is_asked_before_each_attempt_and_its_failure_ends_the_call_as_it_is()
    {
        List<int> attempts = [];
        var client = new RestClient(
            _server.Transport, new RestClientOptions { TimeProvider = _time, OnAttempt = attempt => attempts.Add(attempt.Number) });
        var asked = 0;
        var call = client.SendGuardedAsync(
            new KubeRequest { Method = HttpMethod.Put, Path = "/apis/a/b" },
            () =>
            {
                if (++asked == 3)
                {
                    throw new InvalidOperationException("it does not hold any more");
                }
            },
            TestContext.Current.CancellationToken);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            (await _server.NextAsync()).Answer(
                HttpStatusCode.TooManyRequests, "busy", response => response.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.Zero));
        }

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => call);
        Assert.Equal("it does not hold any more", failure.Message);
        Assert.Equal([0, 1], attempts);
    }

    [Fact]
    public async Task A_refusal_names_the_request_and_what_the_server_said()
    {
        var call = Send("PUT");
        (await _server.NextAsync()).Answer(HttpStatusCode.Conflict, Json.Status(409, "Conflict", "the object has been modified"));

        var error = await Assert.ThrowsAsync<KubeApiException>(() => call);
        Assert.Equal("PUT /apis/a/b: 409 Conflict: the object has been modified", error.Message);
        Assert.True(error.IsConflict);
        Assert.Single(_server.Log);
    }

    [Fact]
    public async Task A_refusal_that_is_no_status_is_quoted()
    {
        var call = Send("GET");
        (await _server.NextAsync()).Answer(HttpStatusCode.NotFound, "404 page not found\n");

        var error = await Assert.ThrowsAsync<KubeApiException>(() => call);
        Assert.Equal("GET /apis/a/b: 404 NotFound: 404 page not found", error.Message);
        Assert.True(error.IsNotFound);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task Patience_is_kept_as_the_server_asks_also_for_what_must_not_be_sent_twice(int code)
    {
        var call = Send("POST");
        (await _server.NextAsync()).Answer(
            (HttpStatusCode)code, "", response => response.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(7)));

        Assert.Equal(TimeSpan.FromSeconds(7), await _time.SkipPastAsync(TimeSpan.FromSeconds(30)));
        (await _server.NextAsync()).Answer("done");
        Assert.Equal("done", Encoding.UTF8.GetString((await call).Body.Span));
    }

    [Fact]
    public async Task A_wait_that_is_longer_than_a_call_may_take_is_the_callers()
    {
        var call = Send("GET");
        (await _server.NextAsync()).Answer(
            HttpStatusCode.TooManyRequests, "", response => response.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromMinutes(5)));

        Assert.Equal(TimeSpan.FromMinutes(5), (await Assert.ThrowsAsync<KubeApiException>(() => call)).RetryAfter);
    }

    [Theory]
    [MemberData(nameof(Idempotent))]
    public async Task What_can_be_sent_twice_is_repeated_after_a_broken_connection_and_a_server_error(string method, string? contentType)
    {
        var call = Send(method, contentType);
        (await _server.NextAsync()).Refuse();
        await _time.SkipPastAsync(TimeSpan.FromSeconds(30));
        (await _server.NextAsync()).Answer(HttpStatusCode.BadGateway, "");
        await _time.SkipPastAsync(TimeSpan.FromSeconds(30));
        var body = (await _server.NextAsync()).Open();
        body.Send("half");
        body.Break();
        await _time.SkipPastAsync(TimeSpan.FromSeconds(30));
        (await _server.NextAsync()).Answer("done");

        Assert.Equal("done", Encoding.UTF8.GetString((await call).Body.Span));
    }

    [Theory]
    [InlineData("POST", null)]
    [InlineData("PATCH", KubeRequest.MergePatch)]
    [InlineData("PATCH", KubeRequest.JsonPatch)]
    public async Task What_must_not_be_sent_twice_is_not(string method, string? contentType)
    {
        var refused = Send(method, contentType);
        (await _server.NextAsync()).Refuse();
        await Assert.ThrowsAsync<HttpRequestException>(() => refused);

        var failed = Send(method, contentType);
        (await _server.NextAsync()).Answer(HttpStatusCode.InternalServerError, Json.Status(500, "InternalError", "oh"));
        await Assert.ThrowsAsync<KubeApiException>(() => failed);
        Assert.Equal(2, _server.Log.Count);
    }

    [Fact]
    public async Task A_server_that_keeps_failing_is_asked_five_times_and_its_last_answer_counts()
    {
        var call = Send("GET");
        for (var i = 0; i < 4; i++)
        {
            (await _server.NextAsync()).Answer(HttpStatusCode.InternalServerError, "");
            await _time.SkipPastAsync(TimeSpan.FromSeconds(30));
        }

        (await _server.NextAsync()).Answer(HttpStatusCode.InternalServerError, Json.Status(500, "InternalError", "the last"));
        Assert.Contains("the last", (await Assert.ThrowsAsync<KubeApiException>(() => call)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_timeout_covers_a_body_that_stalls()
    {
        var call = Send("GET");
        var body = (await _server.NextAsync()).Open();
        body.Send("half");
        await body.Drained();
        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.Contains("GET /apis/a/b", (await Assert.ThrowsAsync<TimeoutException>(() => call)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancellation_ends_a_call_whose_body_stalls()
    {
        using var cancel = new CancellationTokenSource();
        var call = _client.SendAsync(new KubeRequest { Method = HttpMethod.Get, Path = "/x" }, cancel.Token);
        var body = (await _server.NextAsync()).Open();
        await body.Drained();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task A_path_in_the_servers_address_is_kept()
    {
        using var transport = new HttpMessageHandlerTransport(new Uri("http://proxy/clusters/c1/"), _server);
        var call = new RestClient(transport).SendAsync(new KubeRequest { Method = HttpMethod.Get, Path = "/version" }, TestContext.Current.CancellationToken);
        var request = await _server.NextAsync();
        Assert.Equal("http://proxy/clusters/c1/version", request.Uri.ToString());
        request.Answer("{}");
        await call;
        Assert.Throws<ArgumentException>(() => new HttpMessageHandlerTransport(new Uri("/relative", UriKind.Relative), _server));
    }

    private Task<KubeResponse> Send(string method, string? contentType = null) => _client.SendAsync(
        new KubeRequest { Method = new HttpMethod(method), Path = "/apis/a/b", Body = method is "GET" or "DELETE" ? default : "{}"u8.ToArray(), ContentType = contentType },
        TestContext.Current.CancellationToken);
}
