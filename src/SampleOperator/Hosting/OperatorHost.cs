using System.Runtime.CompilerServices;
using CrMonitor.Controllers;
using CrMonitor.Informers;
using CrMonitor.WorkQueue;
using k8s.Models;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace CrMonitor.SampleOperator;

/// <summary>Puts the operator together: endpoints, then what the cluster needs, then the controllers; they stop in the reverse order.</summary>
internal static class OperatorHost
{
    /// <summary>In whose name fields are written. It must stay the same from release to release.</summary>
    public const string FieldManager = "application-controller";

    // Ctrl-C is to end the process within five seconds.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan ReconcileGracePeriod = TimeSpan.FromSeconds(2);

    // Four series for each Application; beyond the limit OpenTelemetry merges what comes into one overflow series.
    private const int MaxApplicationSeries = 40_000;

    private const int Workers = 4;

    /// <param name="settings">What the command line and the environment say.</param>
    /// <param name="transport">The way to the API server. The caller disposes it after the host.</param>
    /// <param name="environment">Reads an environment variable: those of OpenTelemetry.</param>
    /// <param name="embedded">The embedded server, if that is what <paramref name="transport"/> leads to.</param>
    /// <param name="configure">What a test wants otherwise.</param>
    public static IHost Create(
        OperatorSettings settings, IKubeTransport transport, Func<string, string?> environment, EmbeddedCluster? embedded = null,
        Action<IServiceCollection>? configure = null)
    {
        var hasStarted = new StrongBox<bool>();

        // A bare host: no files and no environment but what is named here.
        var builder = new HostBuilder()
            .ConfigureAppConfiguration(configuration => configuration.AddInMemoryCollection(OpenTelemetryVariables(environment)))
            .ConfigureLogging(logging => ConfigureLogging(logging, settings, () => hasStarted.Value))
            .ConfigureServices(services =>
            {
                services.Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownTimeout);
                services.Configure<ConsoleLifetimeOptions>(options => options.SuppressStatusMessages = true);
                services.TryAddSingleton(TimeProvider.System);
                services.AddSingleton(settings);
                services.AddSingleton(transport);
                services.AddSingleton(Console.Out);
                services.AddSingleton<StartUpNotice>();
                if (embedded is not null)
                {
                    services.AddSingleton(embedded);
                }

                AddTelemetry(services, environment);
            });

        var endpoints = OperatorEndpoints.Plan(settings);
        if (endpoints.Count > 0)
        {
            builder.ConfigureWebHost(
                web => web.UseKestrelCore().ConfigureKestrel(kestrel => OperatorEndpoints.Listen(kestrel, endpoints)).Configure(OperatorEndpoints.Configure),
                options => options.SuppressEnvironmentConfiguration = true);
        }

        var host = builder
            .ConfigureServices(services =>
            {
                services.AddHostedService<ClusterPreparation>();
                AddControllers(services, settings, embedded is not null);
                configure?.Invoke(services);
            })
            .Build();
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.Register(() => hasStarted.Value = true);
        return host;
    }

    private static void AddControllers(IServiceCollection services, OperatorSettings settings, bool isEmbedded)
    {
        services.AddCrMonitor(options =>
            {
                options.FieldManager = FieldManager;
                options.ReportingController = $"{Application.ApiGroup}/{FieldManager}";
                options.ShutdownGracePeriod = ReconcileGracePeriod;
                if (settings.LeaderElect)
                {
                    options.LeaderElection = new LeaderElectionOptions
                    {
                        LeaseNamespace = settings.LeaderElectionNamespace ?? (isEmbedded ? "default" : null),
                    };
                }

                foreach (var ns in settings.Namespaces)
                {
                    options.Namespaces.Add(ns);
                }
            })
            .AddController<ApplicationReconciler, Application>(controller => controller
                .For(Application.Resource)
                .Owns<V1Deployment>()
                .Watches<V1Deployment>(ApplicationsNamedBy)
                .When(Changed.Generation | Changed.Deletion | Changed.Finalizers)
                .Concurrency(Workers));
    }

    // Also a Deployment of somebody else concerns the Application whose Deployment would have its name: it is in the way until it goes.
    private static IEnumerable<ObjectKey> ApplicationsNamedBy(V1Deployment deployment, IServiceProvider services) =>
        DesiredDeployment.ApplicationOf(ObjectKey.Of(deployment)) is { } key && services.GetRequiredService<ILister<Application>>().Get(key) is not null
            ? [key]
            : [];

    private static void AddTelemetry(IServiceCollection services, Func<string, string?> environment)
    {
        services.AddMetrics();
        services.AddSingleton(provider => new OperatorMetrics(
            provider.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(),
            provider.GetRequiredService<TimeProvider>(),
            () => provider.GetRequiredService<ILister<Application>>().List()));
        services.AddHealthChecks().AddCrMonitor();

        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(FieldManager))
            .WithMetrics(metrics => metrics
                .AddMeter(OperatorMetrics.MeterName, ControllersTelemetry.MeterName, InformerTelemetry.MeterName, WorkQueueMetrics.MeterName)
                .AddRuntimeInstrumentation()
                .AddView(OperatorMetrics.PhaseName, new MetricStreamConfiguration { CardinalityLimit = MaxApplicationSeries })
                .AddView(OperatorMetrics.ObservedReplicasName, new MetricStreamConfiguration { CardinalityLimit = MaxApplicationSeries })
                .AddPrometheusExporter(exporter =>
                {
                    // Dashboards know these metrics by their names and labels alone, and every scrape shows the present.
                    exporter.ScopeInfoEnabled = false;
                    exporter.ScrapeResponseCacheDurationMilliseconds = 0;
                }));
        if (environment("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 })
        {
            telemetry.WithTracing(tracing => tracing
                .AddSource(ControllersTelemetry.ActivitySourceName, InformerTelemetry.ActivitySourceName)
                .AddOtlpExporter());
        }
    }

    private static void ConfigureLogging(ILoggingBuilder logging, OperatorSettings settings, Func<bool> hasStarted)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(settings.LogLevel);
        if (settings.LogLevel > LogLevel.Trace)
        {
            // What frameworks say about themselves is for those who look into everything.
            var level = settings.LogLevel > LogLevel.Warning ? settings.LogLevel : LogLevel.Warning;
            logging.AddFilter("Microsoft", level);
            logging.AddFilter("System", level);

            // A start that fails is reported once, by the program, and not also by the host and by Kestrel, each with a stack trace.
            logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", entry => hasStarted() && entry >= level);
            logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", entry => hasStarted() && entry >= level);

            // Whoever asks for health gets the answer; those who did not need not read it every few seconds.
            logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        }

        logging.AddConsole(console =>
            console.FormatterName = settings.LogFormat == LogFormat.Json ? JsonLogFormatter.FormatterName : TextLogFormatter.FormatterName);

        // Not AddConsoleFormatter, which also binds options of theirs to the configuration: there are none, and it needs reflection.
        logging.Services.AddSingleton<ConsoleFormatter, TextLogFormatter>();
        logging.Services.AddSingleton<ConsoleFormatter, JsonLogFormatter>();
    }

    private static IEnumerable<KeyValuePair<string, string?>> OpenTelemetryVariables(Func<string, string?> environment) =>
        from name in (string[])["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TIMEOUT",
            "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"]
        let value = environment(name)
        where !string.IsNullOrEmpty(value)
        select KeyValuePair.Create(name, (string?)value);
}
