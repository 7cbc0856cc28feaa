using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CrMonitor.Controllers;

/// <summary>Live means: neither a worker nor the election has ended, and not all workers of a controller hang.</summary>
internal sealed class LivenessCheck(ControllerHost host) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Check(host.Controllers, host.Elector));

    public static HealthCheckResult Check(IReadOnlyList<Controller> controllers, LeaderElector? elector = null)
    {
        var dead = new List<string>();
        var stuck = new List<string>();
        if (elector is { IsLost: true })
        {
            dead.Add($"the election over the lease {elector.Key} has ended");
        }

        foreach (var controller in controllers)
        {
            if (controller.LostWorkers > 0)
            {
                dead.Add($"controller {controller.Name}: {controller.LostWorkers} of {controller.Concurrency} workers have ended");
            }

            var hanging = controller.HangingWorkers().ToList();
            if (hanging.Count > 0)
            {
                var keys = string.Join(", ", hanging.Select(worker => $"{worker.Key} (for {worker.For.TotalSeconds:0} s)"));
                (hanging.Count < controller.Concurrency ? stuck : dead).Add(
                    $"controller {controller.Name}: {hanging.Count} of {controller.Concurrency} workers hang in the reconcile of {keys}");
            }
        }

        return (dead, stuck) switch
        {
            ({ Count: > 0 }, _) => HealthCheckResult.Unhealthy(string.Join("; ", dead.Concat(stuck))),
            (_, { Count: > 0 }) => HealthCheckResult.Degraded(string.Join("; ", stuck)),
            _ => HealthCheckResult.Healthy(),
        };
    }
}
