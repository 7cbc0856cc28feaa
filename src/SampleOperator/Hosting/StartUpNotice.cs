using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Logging;

namespace CrMonitor.SampleOperator;

/// <summary>Tells the person who started the operator where everything is, and what to try.</summary>
internal sealed partial class StartUpNotice(
    OperatorSettings settings, ILogger<StartUpNotice> logger, TextWriter output, IServer? server = null, EmbeddedCluster? embedded = null)
{
    public void Write()
    {
        foreach (var (what, address) in Endpoints())
        {
            LogServing(what, address);
        }

        if (embedded is null)
        {
            return;
        }

        var kubeConfig = Path.GetFullPath(settings.KubeConfigOut);
        var url = embedded.Url.GetLeftPart(UriPartial.Authority);
        if (settings.LogFormat == LogFormat.Json)
        {
            LogEmbedded(url, kubeConfig);
            return;
        }

        output.WriteLine($$$"""

            API server   {{{url}}}
            kubeconfig   {{{kubeConfig}}}

            Try in a second terminal:
              export KUBECONFIG={{{kubeConfig}}}
              kubectl get applications
              kubectl get app -w
              kubectl describe app web
              kubectl patch app web --type merge -p '{"spec":{"replicas":5}}'
              kubectl delete app web

            """);
    }

    private IEnumerable<(string What, string Url)> Endpoints()
    {
        // Kestrel lists its addresses in the order in which they were given.
        var addresses = server?.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        foreach (var (roles, address) in OperatorEndpoints.Plan(settings).Values.Zip(addresses))
        {
            // [::] and 0.0.0.0 mean every address; a person wants one to click on.
            var url = address.Replace("//[::]", "//127.0.0.1", StringComparison.Ordinal).Replace("//0.0.0.0", "//127.0.0.1", StringComparison.Ordinal);
            if (roles.HasFlag(EndpointRoles.Metrics))
            {
                yield return ("metrics", $"{url}/metrics");
            }

            if (roles.HasFlag(EndpointRoles.HealthProbes))
            {
                yield return ("health", $"{url}/readyz?verbose");
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Serving {What} at {Url}")]
    private partial void LogServing(string what, string url);

    [LoggerMessage(Level = LogLevel.Information, Message = "Embedded API server at {Url}, kubeconfig written to {KubeConfig}")]
    private partial void LogEmbedded(string url, string kubeConfig);
}
