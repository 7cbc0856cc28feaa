using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using CrMonitor.Benchmarks.Informers;
using IHost = Microsoft.Extensions.Hosting.IHost;

namespace CrMonitor.Benchmarks.Controllers;

/// <summary>An event of each of ten thousand objects: from the bytes through informer, queue and worker to a reconciler that does nothing.</summary>
[MemoryDiagnoser]
[SimpleJob(RunStrategy.Monitoring, warmupCount: 5, iterationCount: 10, invocationCount: 1)]
public class ReconcileBenchmarks
{
    private const int Count = 10_000;

    private MemoryServer.Content? _content;
    private MemoryServer? _server;
    private CountingReconciler? _reconciler;
    private IHost? _host;

    [Params(1, 16)]
    public int Concurrency { get; set; }

    [GlobalSetup]
    public void CreateContent() => _content = new MemoryServer.Content(Count);

    [IterationSetup]
    public void StartHost()
    {
        _server = new MemoryServer(_content!);
        _reconciler = new CountingReconciler(Count);
        _host = ControllerRun.CreateHost(_server, _reconciler, Concurrency);
        _host.StartAsync().GetAwaiter().GetResult();
        _reconciler.First.GetAwaiter().GetResult();
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public Task Reconcile()
    {
        _server!.Release();
        return _reconciler!.Second;
    }

    [IterationCleanup]
    public void StopHost()
    {
        _host!.StopAsync().GetAwaiter().GetResult();
        _host.Dispose();
    }
}
