using BenchmarkDotNet.Attributes;
using CrMonitor.Benchmarks.WorkQueues;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>One question to a store of 100,000 typed objects that nobody writes to.</summary>
[MemoryDiagnoser]
public class LookupBenchmarks
{
    private const int Count = 100_000;

    private LookupStore? _store;
    private Xorshift _random = new(1);

    [Params(
        LookupOperation.Get, LookupOperation.ByIndex, LookupOperation.Namespace, LookupOperation.NamespaceSelector, LookupOperation.Selector, LookupOperation.All)]
    public LookupOperation Operation { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _store = new LookupStore(Count);
        _store.Fill();
    }

    [Benchmark]
    public int Ask() => _store!.Ask(Operation, ref _random);
}
