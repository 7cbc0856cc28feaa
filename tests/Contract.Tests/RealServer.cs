using System.Security.Cryptography.X509Certificates;
using YamlDotNet.RepresentationModel;

namespace CrMonitor.Contract.Tests;

/// <summary>Reaches a real API server with the client certificate of its kubeconfig.</summary>
internal static class RealServer
{
    public const string Variable = "CRMONITOR_TEST_KUBECONFIG";

    public static string? KubeConfigPath => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path ? path : null;

    public static HttpClient Connect()
    {
        var path = KubeConfigPath!;
        var yaml = new YamlStream();
        using (var reader = File.OpenText(path))
        {
            yaml.Load(reader);
        }

        var root = (YamlMappingNode)yaml.Documents[0].RootNode;
        var cluster = (YamlMappingNode)root["clusters"][0]["cluster"];
        var user = (YamlMappingNode)root["users"][0]["user"];
        var authority = X509Certificate2.CreateFromPem(Pem(path, cluster, "certificate-authority"));
        using var pair = X509Certificate2.CreateFromPem(Pem(path, user, "client-certificate"), Pem(path, user, "client-key"));

        // Some platforms use a certificate only once it has been through a PKCS#12 file.
        var certificate = X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), null);
        var handler = new SocketsHttpHandler
        {
            SslOptions =
            {
                ClientCertificates = [certificate],
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { authority },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        };
        return new HttpClient(handler) { BaseAddress = new Uri(cluster["server"].ToString()) };
    }

    private static string Pem(string kubeConfig, YamlMappingNode node, string name) =>
        node.Children.TryGetValue($"{name}-data", out var data)
            ? System.Text.Encoding.ASCII.GetString(Convert.FromBase64String(data.ToString()))
            : File.ReadAllText(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(kubeConfig))!, node[name].ToString()));
}
