using System.Diagnostics.Metrics;
using CrMonitor.Informers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CrMonitor.Controllers;

/// <summary>Adds controllers to a Generic Host.</summary>
public static class CrMonitorServiceCollectionExtensions
{
    /// <summary>
    /// Adds the runtime: a hosted service that runs informers and controllers, <see cref="IKubeClient"/> and <see cref="IEventRecorder"/>. May be
    /// called more
    /// than once; there is one runtime in a host.
    /// </summary>
    /// <remarks>
    /// What the host's configuration says in its section <c>CrMonitor</c> goes before what the code says: the options by their names; under
    /// <c>Caches:RESOURCE</c> (<c>secrets</c>, <c>deployments.apps</c>) the members of a <see cref="CacheScope"/>; and under
    /// <c>Controllers:NAME</c> the settings <c>Concurrency</c>, <c>Order</c>, <c>Timeout</c>, <c>Resync</c>, <c>Retry:First</c> and
    /// <c>Retry:Longest</c>.
    /// </remarks>
    /// <param name="services">The host's services. A <see cref="TimeProvider"/> or an <see cref="IKubeTransport"/> registered there is used.</param>
    /// <param name="configure">Sets what all controllers have in common.</param>
    public static CrMonitorBuilder AddCrMonitor(this IServiceCollection services, Action<CrMonitorOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<CrMonitorOptions>().PostConfigure<IServiceProvider>((options, provider) =>
        {
            provider.GetRequiredService<CrMonitorConfiguration>().Apply(options);
            options.FieldManager ??= provider.GetService<IHostEnvironment>()?.ApplicationName ?? AppDomain.CurrentDomain.FriendlyName;
            options.ReportingController ??= options.FieldManager;
            if (options.LeaderElection is { } election)
            {
                election.LeaseName ??= options.FieldManager;
                election.LeaseNamespace ??= PodNamespace.Read();
                election.Identity ??= $"{Environment.MachineName}_{Guid.NewGuid():N}";
            }
        });
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<CrMonitorOptions>, CrMonitorOptionsValidation>());
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.TryAddSingleton(provider => new CrMonitorConfiguration(provider.GetService<IConfiguration>()));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => Options(provider).Transport(provider));
        services.TryAddSingleton(provider => new MeasuredTransport(
            provider.GetRequiredService<IKubeTransport>(),
            provider.GetRequiredService<ControllerInstruments>(),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(provider =>
        {
            var transport = provider.GetRequiredService<MeasuredTransport>();
            return new RestClient(transport, new RestClientOptions
            {
                TimeProvider = provider.GetRequiredService<TimeProvider>(),
                LoggerFactory = Loggers(provider),
                OnAttempt = transport.Attempted,
            });
        });
        services.TryAddSingleton<IKubeClient>(provider =>
            new KubeClient(
                provider.GetRequiredService<RestClient>(), Options(provider), provider.GetRequiredService<IInformers>(), provider.GetService<ILogger<KubeClient>>()));
        services.TryAddSingleton(provider => new ControllerInstruments(provider.GetService<IMeterFactory>()));
        services.TryAddSingleton(provider => new EventRecorder(
            provider.GetRequiredService<RestClient>(),
            Options(provider),
            provider.GetRequiredService<ControllerInstruments>(),
            provider.GetRequiredService<TimeProvider>(),
            Loggers(provider).CreateLogger<EventRecorder>()));
        services.TryAddSingleton<IEventRecorder>(provider => provider.GetRequiredService<EventRecorder>());
        services.TryAddSingleton(provider => new HostInformers(
            provider.GetRequiredService<MeasuredTransport>(),
            Options(provider),
            provider.GetServices<CacheRegistration>(),
            provider.GetRequiredService<TimeProvider>(),
            Loggers(provider)));
        services.TryAddSingleton<IInformers>(provider => provider.GetRequiredService<HostInformers>());
        services.TryAddSingleton<ILeadership>(provider => Options(provider).LeaderElection is { } election
            ? new LeaderElector(
                provider.GetRequiredService<MeasuredTransport>(),
                election,
                provider.GetRequiredService<ControllerInstruments>(),
                provider.GetRequiredService<TimeProvider>(),
                Random.Shared,
                Loggers(provider).CreateLogger<LeaderElector>())
            : new UncontestedLeadership());
        services.TryAddSingleton(provider => new ControllerHost(
            provider,
            provider.GetServices<Registration>(),
            provider.GetRequiredService<HostInformers>(),
            provider.GetRequiredService<ILeadership>(),
            provider.GetRequiredService<EventRecorder>(),
            provider.GetRequiredService<ControllerInstruments>(),
            Options(provider),
            provider.GetRequiredService<CrMonitorConfiguration>(),
            Loggers(provider).CreateLogger<ControllerHost>()));
        services.TryAddSingleton<IControllers>(provider => provider.GetRequiredService<ControllerHost>());
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IHostedService, ControllerHost>(provider => provider.GetRequiredService<ControllerHost>()));
        return new CrMonitorBuilder(services);
    }

    internal static CrMonitorOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<CrMonitorOptions>>().Value;

    internal static ILoggerFactory Loggers(IServiceProvider provider) => provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;
}
