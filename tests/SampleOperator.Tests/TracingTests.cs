using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace CrMonitor.SampleOperator.Tests;

[Collection(InProcess.Name)]
public sealed class TracingTests
{
    [Fact]
    public async Task Reconciles_are_spans_that_are_exported_where_an_OTLP_endpoint_is_named()
    {
        var received = new ConcurrentQueue<string>();
        await using var collector = await StartCollectorAsync(received);
        var environment = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Urls.Single(),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        };

        await using (var sut = await OperatorUnderTest.StartAsync(environment: name => environment.GetValueOrDefault(name)))
        {
            await sut.Cluster.CreateApplicationAsync("web", replicas: 1);
            await sut.Cluster.WaitForReadyAsync("web");
        }

        // Stopping has flushed what was left. Spans travel as protobuf, in which strings are readable.
        Assert.Contains(received, request => request.StartsWith("/v1/traces", StringComparison.Ordinal)
            && request.Contains("reconcile application", StringComparison.Ordinal)
            && request.Contains("application-controller", StringComparison.Ordinal));
    }

    private static async Task<WebApplication> StartCollectorAsync(ConcurrentQueue<string> received)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = builder.Build();
        collector.Run(async context =>
        {
            using var body = new StreamReader(context.Request.Body, Encoding.Latin1);
            received.Enqueue($"{context.Request.Path} {await body.ReadToEndAsync(context.RequestAborted)}");
        });
        await collector.StartAsync(TestContext.Current.CancellationToken);
        return collector;
    }
}
