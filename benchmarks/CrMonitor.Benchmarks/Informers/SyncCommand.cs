using System.CommandLine;
using CrMonitor.Informers;

namespace CrMonitor.Benchmarks.Informers;

/// <summary><c>sync</c>: one informer's cold start, in a process of its own, for memory is part of the result. Prints one line of JSON.</summary>
internal static class SyncCommand
{
    public static RootCommand Create()
    {
        var server = new Option<string>("--server") { Description = ServerAddress.Description, DefaultValueFactory = _ => ServerAddress.Default };
        var command = new Command("sync", "Fills the cache of an informer from a server.") { server };
        command.SetAction(result => RunAsync(result.GetValue(server)!));
        return new RootCommand("Benchmarks of CrMonitor.") { command };
    }

    private static async Task RunAsync(string server)
    {
        await using var factory = new SharedInformerFactory(ServerAddress.Connect(server));
        var informer = factory.Informer(Application.Resource);
        await using var registration = informer.AddHandler(new EventMeter(null));
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
            "typed",
            informer.Lister.Count,
            Math.Round(synced.Wall.TotalSeconds, 3),
            Math.Round(told.Wall.TotalSeconds, 3),
            Math.Round(told.Cpu.TotalSeconds, 3),
            Math.Round(told.Bytes / count),
            Math.Round(retained / count),
            Math.Round(peak, 1)));
    }
}
