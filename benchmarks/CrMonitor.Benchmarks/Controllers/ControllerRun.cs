using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer;
using CrMonitor.Benchmarks.Informers;
using CrMonitor.Controllers;
using CrMonitor.Informers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Benchmarks.Controllers;

/// <summary>Runs one workload once, with a host of its own, and measures it.</summary>
internal static class ControllerRun
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    private const string Definition = """
        {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"applications.example.com"},"spec":{"group":"example.com",
        "scope":"Namespaced","names":{"kind":"Application","plural":"applications"},"versions":[{"name":"v1","served":true,"storage":true,"subresources":{"status":{}},
        "schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}
        """;

    public static async Task<ControllerResult> MeasureAsync(ControllerSettings settings, int repetition)
    {
        if (settings is { Workload: ControllerWorkload.Patch, Server: { } known })
        {
            using var transport = ServerAddress.Connect(known);
            return await PatchAsync(settings, transport, repetition);
        }

        await using var server = await EmbeddedApiServer.StartAsync();
        using var client = new HttpClient(server.CreateHandler()) { BaseAddress = server.Url };
        await FillAsync(client, settings.Count);
        using var embedded = ServerAddress.Connect(server.Url.ToString());
        return settings.Workload == ControllerWorkload.Patch
            ? await PatchAsync(settings, embedded, repetition)
            : await ChangeAsync(settings, embedded, client, repetition);
    }

    /// <summary>A host with one controller of Applications, not started.</summary>
    public static IHost CreateHost(IKubeTransport transport, IReconciler<Application> reconciler, int concurrency)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "crmonitor-benchmarks" });
        // A reconcile that fails is tried again for ever: who waits for the result must see why it does not come.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddSingleton(transport);
        builder.Services.AddSingleton(reconciler);
        builder.Services.AddCrMonitor()
            .AddController<Delegating, Application>(c => c.For(Application.Resource).Concurrency(concurrency));
        return builder.Build();
    }

    private static async Task<ControllerResult> PatchAsync(ControllerSettings settings, IKubeTransport transport, int repetition)
    {
        // A phase that no earlier repetition has written.
        var reconciler = new PhaseReconciler(
            string.Create(CultureInfo.InvariantCulture, $"P{TimeProvider.System.GetUtcNow().Ticks}"), settings.Count);
        using var host = CreateHost(transport, reconciler, settings.Concurrency);
        var usage = Usage.Begin();
        await host.StartAsync();
        await reconciler.Settled;
        var result = Read(usage, settings, repetition, settings.Count, reconciler.Runs) with
        {
            PerSecond = settings.Count / reconciler.Elapsed.TotalSeconds,
            WallS = reconciler.Elapsed.TotalSeconds,
        };
        await host.StopAsync();
        return result;
    }

    private static async Task<ControllerResult> ChangeAsync(ControllerSettings settings, IKubeTransport transport, HttpClient client, int repetition)
    {
        var changes = (int)(settings.Rate * settings.Duration.TotalSeconds);
        var reconciler = new LatencyReconciler(settings.Count, changes);
        using var host = CreateHost(transport, reconciler, settings.Concurrency);
        await host.StartAsync();
        await host.Services.GetRequiredService<ISharedInformer<Application>>().WaitForSyncAsync();
        var usage = Usage.Begin();
        await Task.Factory.StartNew(
            () => Write(settings, client, reconciler, changes), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await reconciler.Complete;
        var (latest, slowest) = reconciler.Latencies.Select((latency, change) => (latency, change)).Max();
        TimeSpan[] late = [.. reconciler.Latencies.Order()];
        var result = Read(usage, settings, repetition, changes, reconciler.Runs) with
        {
            LateP50Us = Percentile.Of(late, 0.5)?.TotalMicroseconds,
            LateP99Us = Percentile.Of(late, 0.99)?.TotalMicroseconds,
            LateMaxUs = latest.TotalMicroseconds,
            LateMaxAtS = (double)slowest / settings.Rate,
        };
        await host.StopAsync();
        return result;
    }

    /// <summary>Sends the changes, one after the other, each when it is due.</summary>
    /// <remarks>It blocks a thread of its own: timers of .NET fire with the ticks of the kernel, every 4 ms with many kernels, and would send bursts.</remarks>
    private static void Write(ControllerSettings settings, HttpClient client, LatencyReconciler reconciler, int changes)
    {
        using var never = new SemaphoreSlim(0);
        var start = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < changes; i++)
        {
            while (TimeProvider.System.GetElapsedTime(start).TotalSeconds * settings.Rate < i)
            {
                never.Wait(TimeSpan.FromMilliseconds(1));
            }

            var number = i % settings.Count;
            reconciler.Sending(i);
            SendAsync(
                client,
                HttpMethod.Patch,
                Application.Resource.ObjectPath(new ObjectKey(Applications.Namespace(number), Applications.Name(number))),
                $$$$"""{"metadata":{"annotations":{"{{{{LatencyReconciler.Change}}}}":"{{{{i}}}}"}}}""",
                "application/merge-patch+json").GetAwaiter().GetResult();
        }
    }

    private static async Task FillAsync(HttpClient client, int count)
    {
        await SendAsync(client, HttpMethod.Post, Definitions, Definition, "application/json");
        foreach (var number in Enumerable.Range(0, Math.Min(count, Applications.NamespaceCount)))
        {
            var ns = $$$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{{Applications.Namespace(number)}}}"}}""";
            await SendAsync(client, HttpMethod.Post, "/api/v1/namespaces", ns, "application/json");
        }

        for (var number = 0; number < count; number++)
        {
            // The server takes the status by its own path alone.
            var (application, status) = Bodies(number);
            var path = Application.Resource.CollectionPath(Applications.Namespace(number));
            await SendAsync(client, HttpMethod.Post, path, application, "application/json");
            await SendAsync(client, HttpMethod.Patch, $"{path}/{Applications.Name(number)}/status", status, "application/merge-patch+json");
        }
    }

    /// <summary>An Application as a user writes it, without what the server gives, and the patch that adds its status.</summary>
    private static (string Application, string Status) Bodies(int number)
    {
        var application = JsonNode.Parse(Applications.Served(number, 1))!.AsObject();
        var status = new JsonObject { ["status"] = application["status"]!.DeepClone() };
        application.Remove("status");
        foreach (var field in (string[])["creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"])
        {
            application["metadata"]!.AsObject().Remove(field);
        }

        return (application.ToJsonString(), status.ToJsonString());
    }

    private static async Task SendAsync(HttpClient client, HttpMethod method, string path, string body, string contentType)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Content = new StringContent(body, Encoding.UTF8);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        using var answer = await client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    private static ControllerResult Read(Usage usage, ControllerSettings settings, int repetition, int operations, long reconciles)
    {
        var (wall, cpu, bytes) = usage.Read();
        return new ControllerResult(
            settings.Workload,
            settings.Concurrency,
            settings.Count,
            repetition,
            reconciles,
            PerSecond: null,
            WallS: null,
            wall.TotalSeconds,
            cpu.TotalMilliseconds / operations,
            (double)bytes / operations,
            PeakMemory.MiB);
    }

    /// <summary>Hands each run to the reconciler of this repetition, which the caller keeps.</summary>
    private sealed class Delegating(IReconciler<Application> reconciler) : IReconciler<Application>
    {
        public ValueTask<ReconcileResult> ReconcileAsync(ReconcileContext<Application> context, CancellationToken cancellationToken) =>
            reconciler.ReconcileAsync(context, cancellationToken);
    }
}
