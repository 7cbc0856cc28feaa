using System.CommandLine;
using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>
/// <c>sync</c>: one informer's cold start, in a process of its own, for memory is part of the result. Prints one line of JSON. With
/// <c>--kind reader</c> the list's stream is read and thrown away: the floor.
/// </summary>
internal static class SyncCommand
{
    public static Command Create()
    {
        var server = new Option<string>("--server")
        {
            Description = $"{ServerAddress.Description} {ServerAddress.Memory}: no socket but a server in this process.",
            DefaultValueFactory = _ => ServerAddress.Default,
        };
        var count = new Option<int>("--n") { Description = "How many objects a server in this process has.", DefaultValueFactory = _ => 10_000 };
        var form = Forms.CreateOptionWithReader();
        var streaming = new Option<bool>("--streaming") { Description = "Ask for the list as a stream.", DefaultValueFactory = _ => true };
        var command = new Command("sync", "Fills the cache of an informer from a server.") { server, count, form, streaming };
        Forms.RefuseReaderOfLists(command, form, streaming);
        command.SetAction(result =>
        {
            IKubeTransport transport = result.GetValue(server) is { } address and not ServerAddress.Memory
                ? ServerAddress.Connect(address)
                : new MemoryServer(new MemoryServer.Content(result.GetValue(count)));
            var isStream = result.GetValue(streaming);
            return result.GetValue(form) switch
            {
                Form.Dynamic => RunAsync(DynamicObject.Of(Application.Resource), Form.Dynamic, transport, isStream),
                Form.Metadata => RunAsync(PartialObjectMetadata.Of(Application.Resource), Form.Metadata, transport, isStream),
                Form.Reader => RunFloorAsync(transport),
                _ => RunAsync(Application.Resource, Form.Typed, transport, isStream),
            };
        });
        return command;
    }

    private static async Task RunAsync<T>(KubeResource<T> resource, Form form, IKubeTransport server, bool isStream)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        await using var factory = new SharedInformerFactory(server, new SharedInformerFactoryOptions { UseStreamingList = isStream });
        var informer = factory.Informer(resource);
        await using var registration = informer.AddHandler(new EventMeter<T>(ObjectForm<T>.Of(resource, false), null, readsStamps: false));
        var memory = GC.GetTotalMemory(forceFullCollection: true);

        var usage = Usage.Begin();
        factory.Start();
        await factory.WaitForSyncAsync();
        var synced = usage.Read();
        await registration.WaitForSyncAsync();
        var told = usage.Read();

        var peak = PeakMemory.MiB;
        var retained = GC.GetTotalMemory(forceFullCollection: true) - memory;
        double count = informer.Lister.Count;
        JsonLine.Print(new SyncResult(
            form,
            isStream,
            informer.Lister.Count,
            synced.Wall.TotalSeconds,
            told.Wall.TotalSeconds,
            told.Cpu.TotalSeconds,
            told.Bytes / count,
            retained / count,
            peak));
    }

    private static async Task RunFloorAsync(IKubeTransport server)
    {
        var floor = new StreamFloor(server, events: 0, readsStamps: false);
        using var stopping = new CancellationTokenSource();
        var usage = Usage.Begin();
        var reading = floor.ReadAsync(stopping.Token);
        await floor.End;
        var used = usage.Read();
        await stopping.CancelAsync();
        await reading;
        JsonLine.Print(new SyncResult(
            Form.Reader,
            true,
            floor.Listed,
            used.Wall.TotalSeconds,
            used.Wall.TotalSeconds,
            used.Cpu.TotalSeconds,
            (double)used.Bytes / floor.Listed,
            0,
            PeakMemory.MiB));
    }
}
