namespace CrMonitor.Benchmarks.Controllers;

/// <summary>What is run.</summary>
/// <param name="Workload">What is measured.</param>
/// <param name="Server">The address of a server, or the path of a kubeconfig; an embedded server if there is none.</param>
/// <param name="Count">How many Applications there are.</param>
/// <param name="Concurrency">How many are reconciled at a time.</param>
/// <param name="Rate">Changes a second (latency).</param>
/// <param name="Duration">How long they go on (latency).</param>
internal sealed record ControllerSettings(ControllerWorkload Workload, string? Server, int Count, int Concurrency, int Rate, TimeSpan Duration);
