using BenchmarkDotNet.Running;
using CrMonitor.Benchmarks.ApiServers;
using CrMonitor.Benchmarks.Controllers;
using CrMonitor.Benchmarks.Informers;
using CrMonitor.Benchmarks.WorkQueues;

// The verbs run one workload as the Go programs do, so that the two can be compared in one sitting; everything else goes to BenchmarkDotNet.
if (args is ["queue", ..])
{
    return await QueueCommand.Create().Parse(args).InvokeAsync();
}

if (args is ["apiserver", ..])
{
    return await ServerCommand.Create().Parse(args).InvokeAsync();
}

if (args is ["decode", ..])
{
    return await DecodeCommand.Create().Parse(args).InvokeAsync();
}

if (args is ["controller", ..])
{
    return await ControllerCommand.Create().Parse(args).InvokeAsync();
}

if (args is ["lookup", ..])
{
    return await LookupCommand.Create().Parse(args).InvokeAsync();
}

if (args is ["sync", ..])
{
    return await SyncCommand.Create().Parse(args).InvokeAsync();
}

if (args is ["watch", ..])
{
    return await WatchCommand.Create().Parse(args).InvokeAsync();
}

BenchmarkSwitcher.FromAssembly(typeof(QueueCommand).Assembly).Run(args);
return 0;
