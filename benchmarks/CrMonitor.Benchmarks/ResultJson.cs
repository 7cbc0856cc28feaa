using System.Text.Json.Serialization;
using CrMonitor.Benchmarks.ApiServers;
using CrMonitor.Benchmarks.Controllers;
using CrMonitor.Benchmarks.Informers;
using CrMonitor.Benchmarks.WorkQueues;

namespace CrMonitor.Benchmarks;

/// <summary>Writes results with names as the Go programs write them. Made by the compiler, so that native code has it too.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters =
    [
        typeof(ThreeDecimals),
        typeof(LowerCase<ControllerWorkload>),
        typeof(LowerCase<DecodeWorkload>),
        typeof(LowerCase<Form>),
        typeof(LowerCase<LookupOperation>),
        typeof(LowerCase<LookupWriter>),
        typeof(LowerCase<QueueOrder>),
        typeof(LowerCase<ServerWorkload>),
        typeof(LowerCase<Workload>),
    ])]
[JsonSerializable(typeof(ControllerResult))]
[JsonSerializable(typeof(DecodeResult))]
[JsonSerializable(typeof(LookupResult))]
[JsonSerializable(typeof(QueueResult))]
[JsonSerializable(typeof(RetainedResult))]
[JsonSerializable(typeof(ServerResult))]
[JsonSerializable(typeof(SyncResult))]
[JsonSerializable(typeof(WatchResult))]
internal sealed partial class ResultJson : JsonSerializerContext;
