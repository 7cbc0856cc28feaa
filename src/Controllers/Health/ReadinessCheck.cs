using CrMonitor.Informers;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CrMonitor.Controllers;

/// <summary>Ready means: every cache has synced and hears from its server, and every controller works, or would if it led.</summary>
internal sealed class ReadinessCheck(ControllerHost host) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Check(host.Informers.All, host.Controllers, host.Elector));

    public static HealthCheckResult Check(
        IReadOnlyList<ISharedInformer> informers, IReadOnlyList<Controller> controllers, LeaderElector? elector = null)
    {
        var problems = new List<string>();
        var states = new Dictionary<string, object>();
        foreach (var informer in informers)
        {
            var state = Describe(informer.Health, out var isReady);
            var name = informer.Scope.Equals(InformerScope.All) ? $"{informer.Resource}" : $"{informer.Resource} ({informer.Scope})";
            states[$"informer {name}"] = state;
            if (!isReady)
            {
                problems.Add($"{name}: {state}");
            }
        }

        foreach (var controller in controllers)
        {
            states[$"controller {controller.Name}"] = controller.IsWorking ? "working" : "not started";
            if (!controller.IsWorking)
            {
                problems.Add($"controller {controller.Name}: not started, it waits for its caches: {string.Join("; ", controller.LateSources())}");
            }
        }

        if (elector is not null)
        {
            // No problem either way: a standby is ready, else a roll-out would wait for it.
            states[$"lease {elector.Key}"] = elector.IsLeader ? "leads" : $"stands by; held by {elector.Holder ?? "nobody"}";
        }

        return problems.Count == 0 ? HealthCheckResult.Healthy(data: states) : HealthCheckResult.Unhealthy(string.Join("; ", problems), data: states);
    }

    // A watch that has just ended as it should, and is about to be opened again, is no reason to take the process out of service.
    private static string Describe(InformerHealth health, out bool isReady)
    {
        isReady = health is { HasSynced: true, IsStalled: false } && (health.IsConnected || health.LastFailure is null);
        var state = (health.HasSynced, isReady) switch
        {
            (false, _) => "not synced",
            (true, true) => "synced",
            _ when health.IsStalled => "synced, but held up by an index function or a transform",
            _ => "synced, but its watch is down",
        };
        if (!isReady && health.SinceLastProofOfLife is { } silence)
        {
            state += $", nothing heard for {silence.TotalSeconds:0} s";
        }

        return health.LastFailure is { } failure && !isReady
            ? $"{state} ({failure.Reason}, {health.ConsecutiveFailures} in a row: {failure.Message})"
            : state;
    }
}
