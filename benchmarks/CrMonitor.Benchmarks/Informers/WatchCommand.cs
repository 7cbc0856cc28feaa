using System.CommandLine;
using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>
/// <c>watch</c>: follows the events that the Go program <c>stub</c> sends after it was told to start. Prints one line of JSON. With
/// <c>--kind reader</c> the lines of the stream are read and nothing is made of them: the floor.
/// </summary>
internal static class WatchCommand
{
    private const ulong FirstVersion = 1_000_000;

    public static Command Create()
    {
        var server = new Option<string>("--server")
        {
            Description = "The stub's address; memory: no socket but events of a server in this process, one of each object.",
            DefaultValueFactory = _ => ServerAddress.Default,
        };
        var events = new Option<int>("--events") { Description = "How many events are sent.", DefaultValueFactory = _ => 200_000 };
        var form = Forms.CreateOptionWithReader();
        var streaming = new Option<bool>("--streaming") { Description = "Ask for the list as a stream.", DefaultValueFactory = _ => true };
        var latency = new Option<bool>("--latency") { Description = "Read from each event when it was sent; for paced events (the stub's -rate)." };
        var command = new Command("watch", "Follows a stream of events.") { server, events, form, streaming, latency };
        command.Validators.Add(result =>
        {
            if (result.GetValue(latency) && result.GetValue(server) == ServerAddress.Memory)
            {
                result.AddError("Events of '--server memory' do not tell when they were sent: '--latency' needs the stub.");
            }
        });
        Forms.RefuseReaderOfLists(command, form, streaming);
        command.SetAction(result =>
        {
            var (address, count, isStream) = (result.GetValue(server)!, result.GetValue(events), result.GetValue(streaming));
            var settings = address == ServerAddress.Memory
                ? WatchSettings.InMemory(count, isStream)
                : WatchSettings.OfStub(address, count, isStream, result.GetValue(latency));
            return result.GetValue(form) switch
            {
                Form.Dynamic => RunAsync(DynamicObject.Of(Application.Resource), Form.Dynamic, settings),
                Form.Metadata => RunAsync(PartialObjectMetadata.Of(Application.Resource), Form.Metadata, settings),
                Form.Reader => RunFloorAsync(settings),
                _ => RunAsync(Application.Resource, Form.Typed, settings),
            };
        });
        return command;
    }

    private static async Task RunAsync<T>(KubeResource<T> resource, Form form, WatchSettings settings)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var events = settings.Events;
        await using var factory = new SharedInformerFactory(
            settings.Server, new SharedInformerFactoryOptions { UseStreamingList = settings.IsStream });
        var lastVersion = Applications.Version(FirstVersion + (ulong)events);
        var meter = new EventMeter<T>(ObjectForm<T>.Of(resource, false), lastVersion, settings.IsLatency);
        var informer = factory.Informer(resource);
        await using var registration = informer.AddHandler(meter);
        factory.Start();
        await registration.WaitForSyncAsync();

        while (!informer.Health.IsConnected)
        {
            await Task.Yield();
        }

        var used = await FollowAsync(settings, meter.Last);
        Print(form, events, meter.Handled, meter.Elapsed, used, meter.Latencies);
    }

    private static async Task RunFloorAsync(WatchSettings settings)
    {
        var floor = new StreamFloor(settings.Server, settings.Events, settings.IsLatency);
        using var stopping = new CancellationTokenSource();
        var reading = floor.ReadAsync(stopping.Token);
        await floor.End;
        var used = await FollowAsync(settings, floor.Last);
        await stopping.CancelAsync();
        await reading;
        Print(Form.Reader, settings.Events, settings.Events, floor.Elapsed, used, floor.Latencies);
    }

    private static async Task<(TimeSpan Wall, TimeSpan Cpu, long Bytes)> FollowAsync(WatchSettings settings, Task last)
    {
        var usage = Usage.Begin();
        await settings.Start();
        await last;
        return usage.Read();
    }

    private static void Print(
        Form form, int events, int handled, TimeSpan elapsed, (TimeSpan Wall, TimeSpan Cpu, long Bytes) used, TimeSpan[] latencies) =>
        JsonLine.Print(new WatchResult(
            form,
            events,
            handled,
            (events - 1) / elapsed.TotalSeconds,
            used.Cpu.TotalMicroseconds / events,
            (double)used.Bytes / events,
            Percentile.Of(latencies, 0.5)?.TotalMicroseconds,
            Percentile.Of(latencies, 0.9)?.TotalMicroseconds,
            Percentile.Of(latencies, 0.99)?.TotalMicroseconds,
            PeakMemory.MiB));
}
