using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using CrMonitor.Informers;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>What the benchmarks of an informer share: each iteration has an informer of its own, made before, of a server in memory with ten thousand objects.</summary>
[MemoryDiagnoser]
[SimpleJob(RunStrategy.Monitoring, warmupCount: 5, iterationCount: 10, invocationCount: 1)]
public abstract class InformerBenchmark
{
    protected const int Count = 10_000;

    private MemoryServer.Content? _content;
    private MemoryServer? _server;
    private IInformerRun? _run;

    [Params(Form.Typed, Form.Dynamic, Form.Metadata)]
    public Form Kind { get; set; }

    private protected IInformerRun Informer => _run!;

    private protected MemoryServer Server => _server!;

    [GlobalSetup]
    public void CreateContent() => _content = new MemoryServer.Content(Count);

    [IterationCleanup]
    public void Dispose() => _run!.DisposeAsync().AsTask().GetAwaiter().GetResult();

    protected void CreateInformer(bool isStream)
    {
        _server = new MemoryServer(_content!);
        _run = Kind switch
        {
            Form.Dynamic => new InformerRun<DynamicObject>(_server, DynamicObject.Of(Application.Resource), isStream, _content!.LastVersion),
            Form.Metadata => new InformerRun<PartialObjectMetadata>(
                _server, PartialObjectMetadata.Of(Application.Resource), isStream, _content!.LastVersion),
            _ => new InformerRun<Application>(_server, Application.Resource, isStream, _content!.LastVersion),
        };
    }
}
