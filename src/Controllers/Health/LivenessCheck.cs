using CrMonitor.Informers;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CrMonitor.Controllers;

/// <summary>
/// Live means: neither a worker nor the election has ended, not all workers of a controller hang, and neither an informer nor a handler of a
/// controller is held up by code that it calls.
/// </summary>
internal sealed class LivenessCheck(ControllerHost host) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Check(host.Informers.All, host.Controllers, host.Elector));

    public static HealthCheckResult Check(
        IReadOnlyList<ISharedInformer> informers, IReadOnlyList<Controller> controllers, LeaderElector? elector = null)
    {
        var dead = new List<string>();
        var stuck = new List<string>();
        if (elector is { IsLost: true })
        {
            dead.Add($"the election over the lease {elector.Key} has ended");
        }

        foreach (var informer in informers)
        {
            if (informer.Health is { IsStalled: true, SinceLastProofOfLife: var silence })
            {
                dead.Add(
                    $"the informer of {informer.Resource} has heard nothing for {silence?.TotalSeconds:0} s, and nothing has failed: an index function "
                    + "or a transform does not return");
            }
        }

        foreach (var controller in controllers)
        {
            dead.AddRange(controller.HangingHandlers().Select(handler =>
                $"controller {controller.Name}: its handler of {handler.Resource} has been in one call for {handler.For.TotalSeconds:0} s: "
                + "a map or a filter does not return"));
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
