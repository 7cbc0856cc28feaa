using BenchmarkDotNet.Running;
using CrMonitor.Benchmarks.ApiServers;
using CrMonitor.Benchmarks.Controllers;
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

if (args is ["controller", ..])
{
    return await ControllerCommand.Create().Parse(args).InvokeAsync();
}

BenchmarkSwitcher.FromAssembly(typeof(QueueCommand).Assembly).Run(args);
return 0;
