using System.Net;
using System.Text.Json.Nodes;
using CrMonitor.Controllers;
using CrMonitor.Informers;
using k8s.Models;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CrMonitor.SampleOperator;

/// <summary>
/// Puts into the cluster what the controllers need before they start: the CustomResourceDefinition, where that was asked for, and on the embedded server
/// the sample Application. A server that cannot be reached is waited for.
/// </summary>
internal sealed partial class ClusterPreparation(
    OperatorSettings settings, IKubeClient client, TimeProvider timeProvider, ILogger<ClusterPreparation> logger, StartUpNotice notice,
    EmbeddedCluster? embedded = null) : IHostedService
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EstablishedCheck = TimeSpan.FromMilliseconds(100);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (embedded is not null || settings.InstallCrd)
        {
            await UntilReachedAsync(() => InstallCrdAsync(cancellationToken), cancellationToken);
        }

        if (embedded is not null)
        {
            await UntilReachedAsync(() => ApplySampleAsync(cancellationToken), cancellationToken);

            // Last, so that whoever waits for the file finds everything in place.
            WriteKubeConfig(embedded.KubeConfig);
        }

        notice.Write();
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void WriteKubeConfig(string kubeConfig)
    {
        try
        {
            File.WriteAllText(settings.KubeConfigOut, kubeConfig);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--kubeconfig-out {settings.KubeConfigOut}: {exception.Message}", exception);
        }
    }

    private async Task InstallCrdAsync(CancellationToken cancellationToken)
    {
        var crd = YamlManifest.Load("crd.yaml");
        var key = new ObjectKey(null, NameOf(crd));
        var stored = await client.ApplyJsonAsync<V1CustomResourceDefinition>(key, YamlManifest.ToUtf8(crd), cancellationToken: cancellationToken);
        while (stored?.Status?.Conditions?.Any(condition => condition is { Type: "Established", Status: "True" }) != true)
        {
            // A server takes milliseconds for it.
            await Task.Delay(EstablishedCheck, timeProvider, cancellationToken);
            stored = await client.GetAsync<V1CustomResourceDefinition>(key, cancellationToken);
        }

        LogApplied("CustomResourceDefinition", key);
    }

    private async Task ApplySampleAsync(CancellationToken cancellationToken)
    {
        var sample = YamlManifest.Load("application.yaml");
        var key = new ObjectKey((string?)sample["metadata"]!["namespace"], NameOf(sample));
        await client.ApplyJsonAsync<Application>(key, YamlManifest.ToUtf8(sample), cancellationToken: cancellationToken);
        LogApplied("sample Application", key);
    }

    private async Task UntilReachedAsync(Func<Task> write, CancellationToken cancellationToken)
    {
        for (var delay = FirstRetry; ; delay = delay * 2 < LongestRetry ? delay * 2 : LongestRetry)
        {
            try
            {
                await write();
                return;
            }
            catch (KubeApiException exception) when (!IsTransient(exception.StatusCode))
            {
                throw new ClusterRefusedException($"The cluster refused what the operator needs: {exception.Message}", exception);
            }
            catch (Exception exception) when (exception is KubeApiException or HttpRequestException or TimeoutException)
            {
                LogNotReached(delay, exception.Message);
            }

            await Task.Delay(delay, timeProvider, cancellationToken);
        }
    }

    private static bool IsTransient(HttpStatusCode status) =>
        (int)status >= 500 || status is HttpStatusCode.TooManyRequests or HttpStatusCode.Conflict or HttpStatusCode.RequestTimeout;

    private static string NameOf(JsonObject manifest) => (string)manifest["metadata"]!["name"]!;

    [LoggerMessage(Level = LogLevel.Information, Message = "Applied {What} {Key}")]
    private partial void LogApplied(string what, ObjectKey key);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The cluster cannot be prepared yet; next attempt in {Delay}: {Error}")]
    private partial void LogNotReached(TimeSpan delay, string error);
}
