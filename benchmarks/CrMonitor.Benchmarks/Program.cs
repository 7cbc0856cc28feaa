using System.CommandLine;
#if !NATIVE
using BenchmarkDotNet.Running;
#endif
using CrMonitor.Benchmarks.ApiServers;
using CrMonitor.Benchmarks.Controllers;
using CrMonitor.Benchmarks.Informers;
using CrMonitor.Benchmarks.WorkQueues;

// The verbs run one workload as the Go programs do, so that the two can be compared in one sitting; everything else goes to BenchmarkDotNet.
var root = new RootCommand(
    "Benchmarks of CrMonitor. Without a verb, BenchmarkDotNet runs its classes: give it --filter '*PingPong*', or --list flat.")
{
    QueueCommand.Create(),
    LookupCommand.Create(),
    DecodeCommand.Create(),
    SyncCommand.Create(),
    WatchCommand.Create(),
    RetainedCommand.Create(),
    ControllerCommand.Create(),
    ServerCommand.Create(),
};
#if !NATIVE
root.TreatUnmatchedTokensAsErrors = false;
root.SetAction(_ =>
{
    BenchmarkSwitcher.FromAssembly(typeof(QueueCommand).Assembly).Run(args);
});
#endif
return await root.Parse(args).InvokeAsync();
