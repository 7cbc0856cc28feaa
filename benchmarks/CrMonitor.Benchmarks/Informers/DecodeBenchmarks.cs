using BenchmarkDotNet.Attributes;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>Ten thousand Applications, decoded from memory.</summary>
[MemoryDiagnoser]
public class DecodeBenchmarks
{
    private const int Count = 10_000;

    private IDecodeRun? _run;

    [Params(DecodeWorkload.List, DecodeWorkload.Events, DecodeWorkload.Relist)]
    public DecodeWorkload What { get; set; }

    [Params(Form.Typed, Form.Dynamic, Form.Metadata)]
    public Form Kind { get; set; }

    [GlobalSetup]
    public void CreateRun() => _run = DecodeCommand.CreateRun(What, Kind, Count);

    [Benchmark(OperationsPerInvoke = Count)]
    public void Decode() => _run!.Round();
}
