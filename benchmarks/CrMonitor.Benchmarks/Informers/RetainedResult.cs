namespace CrMonitor.Benchmarks.Informers;

/// <summary>What is kept of pods in one form.</summary>
/// <param name="Kind">How the store holds them; <see langword="null"/>: KubernetesClient's <c>V1PodList</c>, without a store.</param>
/// <param name="N">How many there are.</param>
/// <param name="JsonBytesOp">The length of one as JSON.</param>
/// <param name="RetainedBytesOp">Memory that one keeps, the store's share included.</param>
/// <param name="XClient">The ratio to what KubernetesClient keeps.</param>
internal sealed record RetainedResult(Form? Kind, int N, double JsonBytesOp, double RetainedBytesOp, double XClient);
