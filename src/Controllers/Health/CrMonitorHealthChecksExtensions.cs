using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CrMonitor.Controllers;

/// <summary>Adds the runtime's health checks.</summary>
public static class CrMonitorHealthChecksExtensions
{
    /// <summary>The tag of the readiness check.</summary>
    public const string ReadyTag = "ready";

    /// <summary>The tag of the liveness check.</summary>
    public const string LiveTag = "live";

    /// <summary>
    /// Adds two checks. <c>crmonitor-ready</c> (tag <c>ready</c>): every cache has synced and hears from its server, and the workers run.
    /// <c>crmonitor-live</c> (tag <c>live</c>): the workers make progress, and no code that
    /// the caches call (maps, filters, index functions, transforms) holds them up; a server that is gone does not make it fail, since a restart would
    /// not help.
    /// Both name what is wrong.
    /// </summary>
    public static IHealthChecksBuilder AddCrMonitor(this IHealthChecksBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder
            .Add(new HealthCheckRegistration("crmonitor-ready", provider => new ReadinessCheck(provider.GetRequiredService<ControllerHost>()), null, [ReadyTag]))
            .Add(new HealthCheckRegistration("crmonitor-live", provider => new LivenessCheck(provider.GetRequiredService<ControllerHost>()), null, [LiveTag]));
    }
}
