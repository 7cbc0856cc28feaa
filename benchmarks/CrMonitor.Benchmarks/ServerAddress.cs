using CrMonitor.Informers;
using k8s;

namespace CrMonitor.Benchmarks;

/// <summary>Says where a server is.</summary>
internal static class ServerAddress
{
    public const string Description = "The address of a server without authentication, or the path of a kubeconfig.";

    public const string Default = "http://127.0.0.1:18080";

    /// <summary>In place of an address: a server in this process, without a socket.</summary>
    public const string Memory = "memory";

    /// <summary>A transport to an address or a kubeconfig.</summary>
    public static KubernetesTransport Connect(string server) => new(IsUrl(server)
        ? new KubernetesClientConfiguration { Host = server }
        : KubeConfig.Load(server));

    private static bool IsUrl(string server) => Uri.TryCreate(server, UriKind.Absolute, out var url) && !url.IsFile;
}
