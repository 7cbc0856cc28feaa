using System.Net;
using CrMonitor.Controllers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace CrMonitor.SampleOperator;

/// <summary><c>/metrics</c>, <c>/healthz</c> and <c>/readyz</c> on the addresses that the settings name.</summary>
internal static class OperatorEndpoints
{
    /// <summary>Which addresses are to be listened on, and what each serves. An address that is named twice serves both.</summary>
    public static IReadOnlyDictionary<BindAddress, EndpointRoles> Plan(OperatorSettings settings)
    {
        var plan = new Dictionary<BindAddress, EndpointRoles>();
        Add(settings.Metrics, EndpointRoles.Metrics);
        Add(settings.HealthProbes, EndpointRoles.HealthProbes);
        return plan;

        void Add(BindAddress address, EndpointRoles role)
        {
            if (!address.IsOff)
            {
                plan[address] = plan.GetValueOrDefault(address) | role;
            }
        }
    }

    public static void Listen(KestrelServerOptions kestrel, IReadOnlyDictionary<BindAddress, EndpointRoles> plan)
    {
        kestrel.AddServerHeader = false;
        foreach (var (address, roles) in plan)
        {
            if (address.Host is "")
            {
                kestrel.ListenAnyIP(address.Port, Configure);
            }
            else
            {
                // localhost is taken as 127.0.0.1: it exists everywhere, and Kestrel cannot choose one free port for two address families.
                var ip = address.Host is "localhost" ? IPAddress.Loopback : address.ToIPAddress();
                kestrel.Listen(ip, address.Port, Configure);
            }

            void Configure(ListenOptions endpoint)
            {
                endpoint.Protocols = HttpProtocols.Http1;

                // Requests are told apart by the endpoint that they came in through: ports may be chosen by the system, and Host headers by anybody.
                var served = new ServedRoles(roles);
                endpoint.Use(next => connection =>
                {
                    connection.Features.Set(served);
                    return next(connection);
                });
            }
        }
    }

    public static void Configure(IApplicationBuilder app)
    {
        app.UseOpenTelemetryPrometheusScrapingEndpoint(context => context.Request.Path == "/metrics" && Serves(context, EndpointRoles.Metrics));

        var health = ActivatorUtilities.CreateInstance<HealthEndpoint>(app.ApplicationServices);
        app.Run(context => (context.Request.Path.Value, Serves(context, EndpointRoles.HealthProbes)) switch
        {
            ("/healthz" or "/livez", true) => health.HandleAsync(context, "healthz", check => check.Tags.Contains(CrMonitorHealthChecksExtensions.LiveTag)),
            ("/readyz", true) => health.HandleAsync(context, "readyz", check => check.Tags.Contains(CrMonitorHealthChecksExtensions.ReadyTag)),
            _ => NotFoundAsync(context),
        });
    }

    private static bool Serves(HttpContext context, EndpointRoles role) => context.Features.Get<ServedRoles>()?.Roles.HasFlag(role) == true;

    private static Task NotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return context.Response.WriteAsync("not found\n", context.RequestAborted);
    }

    private sealed record ServedRoles(EndpointRoles Roles);
}
