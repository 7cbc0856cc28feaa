using CrMonitor.Informers;
using k8s.Exceptions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CrMonitor.SampleOperator;

/// <summary>Runs the operator from start to stop.</summary>
internal static partial class OperatorProgram
{
    /// <returns>The exit code.</returns>
    /// <exception cref="UsageException">It cannot be started like this.</exception>
    public static async Task<int> RunAsync(OperatorSettings settings, Func<string, string?> environment)
    {
        if (settings.Embedded)
        {
            await using var embedded = await EmbeddedCluster.StartAsync(settings);
            return await RunAsync(settings, environment, embedded.Transport, embedded);
        }

        using var transport = Connect(settings);
        return await RunAsync(settings, environment, transport, null);
    }

    private static KubernetesTransport Connect(OperatorSettings settings)
    {
        try
        {
            return new KubernetesTransport(KubeConfig.Load(settings.KubeConfig, settings.Context));
        }
        catch (KubeConfigException exception)
        {
            throw new UsageException($"{exception.Message} (--kubeconfig names one; --embedded needs none.)", exception);
        }
    }

    private static async Task<int> RunAsync(
        OperatorSettings settings, Func<string, string?> environment, IKubeTransport transport, EmbeddedCluster? embedded)
    {
        using var host = OperatorHost.Create(settings, transport, environment, embedded);
        var logger = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(OperatorProgram));
        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        try
        {
            await host.StartAsync();
            LogStarted(logger, transport.BaseUri, settings.Namespaces.Count == 0 ? "all namespaces" : string.Join(", ", settings.Namespaces));
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Stopped while it was still starting: nothing to wait for.
            return ExitCodes.Done;
        }
        catch (ClusterRefusedException exception)
        {
            Console.Error.WriteLine($"error: {exception.Message}");
            return ExitCodes.Failed;
        }
        catch (OptionsValidationException exception) when (settings.LeaderElect)
        {
            throw new UsageException($"--leader-elect: {string.Join(' ', exception.Failures)} (--leader-election-namespace does.)", exception);
        }
        catch (Exception exception) when (ListenFailure.Describe(exception) is { } why)
        {
            throw new UsageException(
                $"--metrics-bind-address {settings.Metrics} or --health-probe-bind-address {settings.HealthProbes}: {why} "
                + $"({exception.Message.TrimEnd('.')}). Choose another address, or 0 for off.",
                exception);
        }

        await host.WaitForShutdownAsync();
        LogStopped(logger);
        return ExitCodes.Done;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Started on {Server}, {Namespaces}")]
    private static partial void LogStarted(ILogger logger, Uri server, string namespaces);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped")]
    private static partial void LogStopped(ILogger logger);
}
