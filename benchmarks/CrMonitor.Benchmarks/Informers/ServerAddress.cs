using CrMonitor.Informers;
using k8s;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>Says where the server of an informer is.</summary>
internal static class ServerAddress
{
    public const string Description = "The address of a server without authentication, or the path of a kubeconfig.";

    public const string Default = "http://127.0.0.1:18080";

    /// <summary>A transport to an address or a kubeconfig. It lives as long as the process.</summary>
    public static IKubeTransport Connect(string server) => Uri.TryCreate(server, UriKind.Absolute, out var address) && address.Scheme.StartsWith("http", StringComparison.Ordinal)
        ? new HttpMessageHandlerTransport(address, new SocketsHttpHandler(), disposeHandler: true)
        : new KubernetesTransport(KubernetesClientConfiguration.BuildConfigFromConfigFile(server));
}
