using System.CommandLine;
using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Benchmarks.Informers;

/// <summary><c>watch</c>: follows the events that the Go program <c>stub</c> sends after it was told to start. Prints one line of JSON.</summary>
internal static class WatchCommand
{
    private const ulong FirstVersion = 1_000_000;

    public static Command Create()
    {
        var server = new Option<string>("--server") { Description = "The stub's address.", DefaultValueFactory = _ => ServerAddress.Default };
        var events = new Option<int>("--events") { Description = "How many events the stub sends.", DefaultValueFactory = _ => 200_000 };
        var form = Forms.CreateOption();
        var streaming = new Option<bool>("--streaming") { Description = "Ask for the list as a stream.", DefaultValueFactory = _ => true };
        var latency = new Option<bool>("--latency") { Description = "Read from each event when it was sent; for paced events (the stub's -rate)." };
        var command = new Command("watch", "Follows a stream of events.") { server, events, form, streaming, latency };
        command.SetAction(result =>
        {
            var address = new Uri(result.GetValue(server)!);
            var count = result.GetValue(events);
            var isStream = result.GetValue(streaming);
            var isLatency = result.GetValue(latency);
            return result.GetValue(form) switch
            {
                Form.Dynamic => RunAsync(DynamicObject.Of(Application.Resource), Form.Dynamic, address, count, isStream, isLatency),
                Form.Metadata => RunAsync(PartialObjectMetadata.Of(Application.Resource), Form.Metadata, address, count, isStream, isLatency),
                _ => RunAsync(Application.Resource, Form.Typed, address, count, isStream, isLatency),
            };
        });
        return command;
    }

    private static async Task RunAsync<T>(KubeResource<T> resource, Form form, Uri server, int events, bool isStream, bool isLatency)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        await using var factory = new SharedInformerFactory(
            ServerAddress.Connect(server.ToString()), new SharedInformerFactoryOptions { UseStreamingList = isStream });
        var lastVersion = Applications.Version(FirstVersion + (ulong)events);
        var meter = new EventMeter<T>(ObjectForm<T>.Of(resource, false), lastVersion, isLatency);
        var informer = factory.Informer(resource);
        await using var registration = informer.AddHandler(meter);
        factory.Start();
        await registration.WaitForSyncAsync();

        using var client = new HttpClient();
        while (!informer.Health.IsConnected)
        {
            await Task.Yield();
        }

        var usage = Usage.Begin();
        using (var answer = await client.GetAsync(new Uri(server, "start")))
        {
            answer.EnsureSuccessStatusCode();
        }

        await meter.Last;
        var used = usage.Read();
        var latencies = meter.Latencies;
        JsonLine.Print(new WatchResult(
            form,
            events,
            meter.Handled,
            (events - 1) / meter.Elapsed.TotalSeconds,
            used.Cpu.TotalMicroseconds / events,
            (double)used.Bytes / events,
            Percentile.Of(latencies, 0.5)?.TotalMicroseconds,
            Percentile.Of(latencies, 0.9)?.TotalMicroseconds,
            Percentile.Of(latencies, 0.99)?.TotalMicroseconds,
            PeakMemory.MiB));
    }
}
