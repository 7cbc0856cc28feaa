using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using CrMonitor.Informers;
using Microsoft.Extensions.Time.Testing;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

/// <summary>What is measured and traced of requests.</summary>
public sealed class RequestTests
{
    [Fact]
    public async Task Requests_are_counted_and_timed_under_the_names_of_client_go()
    {
        var time = new FakeTimeProvider();
        using var instruments = new ControllerInstruments(null);
        using var server = new FakeServer();
        using var inner = new HttpMessageHandlerTransport(new Uri("http://measured:6443"), server);
        var transport = new MeasuredTransport(inner, instruments, time);
        using var metrics = new Measurements("measured:6443", tag: "host");
        server.Answer = _ =>
        {
            time.Advance(TimeSpan.FromSeconds(0.25));
            return server.Requests.Count switch
            {
                1 => FakeServer.Json(HttpStatusCode.OK, "{}"),
                2 => FakeServer.Status(HttpStatusCode.Conflict, "Conflict"),
                _ => throw new HttpRequestException("connection reset"),
            };
        };

        await SendAsync(HttpMethod.Get);
        await SendAsync(HttpMethod.Put);
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(HttpMethod.Put));

        Assert.Equal(3, metrics.Sum("rest_client_requests_total"));
        Assert.Equal(1, metrics.Sum("rest_client_requests_total", "200", "code"));
        Assert.Equal(1, metrics.Sum("rest_client_requests_total", "409", "code"));
        Assert.Equal(1, metrics.Sum("rest_client_requests_total", "<error>", "code"));
        Assert.Equal(2, metrics.Sum("rest_client_requests_total", "PUT", "method"));
        Assert.Equal(0.25, metrics.Sum("rest_client_request_duration_seconds", "GET", "verb"));

        async Task SendAsync(HttpMethod method)
        {
            using var request = new HttpRequestMessage(method, new Uri("/api/v1/pods", UriKind.Relative));
            using var response = await transport.SendAsync(request, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task The_sizes_of_calls_and_their_repetitions_are_counted()
    {
        using var instruments = new ControllerInstruments(null);
        using var server = new FakeServer();
        using var inner = new HttpMessageHandlerTransport(new Uri("http://sized:6443"), server);
        var transport = new MeasuredTransport(inner, instruments, TimeProvider.System);
        var client = new RestClient(transport, new RestClientOptions { OnAttempt = transport.Attempted });
        using var metrics = new Measurements("sized:6443", tag: "host");
        server.Answer = _ =>
        {
            var busy = FakeServer.Json(HttpStatusCode.TooManyRequests, "busy");
            busy.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.Zero);
            return server.Requests.Count == 1 ? busy : FakeServer.Json(HttpStatusCode.OK, "0123456789");
        };

        await client.SendAsync(
            new KubeRequest { Method = HttpMethod.Post, Path = "/api/v1/pods", Body = "12345"u8.ToArray() }, TestContext.Current.CancellationToken);

        Assert.Equal(10, metrics.Sum("rest_client_request_size_bytes", "POST", "verb"));
        Assert.Equal(14, metrics.Sum("rest_client_response_size_bytes", "POST", "verb"));
        Assert.Equal(1, metrics.Sum("rest_client_request_retries_total"));
        Assert.Equal(1, metrics.Sum("rest_client_request_retries_total", "200", "code"));
    }

    [Theory]
    [InlineData("/apis/example.com/v1/namespaces/default/widgets/w/status?fieldManager=x", "widgets/status")]
    [InlineData("/apis/example.com/v1/namespaces/default/widgets/w", "widgets")]
    [InlineData("/apis/example.com/v1/widgets", "widgets")]
    [InlineData("/api/v1/namespaces/default", "namespaces")]
    [InlineData("/api/v1/namespaces/default/configmaps", "configmaps")]
    [InlineData("/version", "other")]
    public void A_request_is_named_by_its_resource_without_names_of_objects(string path, string resource) =>
        Assert.Equal(resource, MeasuredTransport.ResourceOf(path));

    [Fact]
    public async Task A_run_has_its_requests_as_children_and_a_link_to_the_run_that_asked_for_it()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ControllersTelemetry.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        var attempts = 0;
        await using var rig = new ControllerRig(
            new FakeReconciler(async (context, cancellationToken) =>
            {
                await context.Client.UpdateAsync(Widget(), cancellationToken: cancellationToken);
                return ++attempts == 1 ? throw new InvalidOperationException("once") : ReconcileResult.Done;
            }),
            controller => controller.Named("linked-widgets"));
        await rig.StartAsync();
        await rig.Informers.Widgets.SetAsync(Widget());
        await rig.Reconciler.NextAsync();
        await rig.IdleAsync();
        rig.Time.Advance(TimeSpan.FromMilliseconds(5));
        await rig.Reconciler.NextAsync();
        await rig.IdleAsync();

        var runs = spans.Where(span => span.DisplayName == "reconcile linked-widgets").ToList();
        Assert.Equal(2, runs.Count);
        Assert.Empty(runs[0].Links);
        Assert.Equal(runs[0].Context.SpanId, Assert.Single(runs[1].Links).Context.SpanId);
        var call = Assert.Single(spans, span => span.ParentSpanId == runs[0].SpanId);
        Assert.Equal(("PUT widgets", ActivityKind.Client, 200), (call.DisplayName, call.Kind, call.GetTagItem("http.response.status_code")));
    }
}
