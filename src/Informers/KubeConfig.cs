using k8s;
using k8s.Exceptions;
using k8s.KubeConfigModels;
using YamlDotNet.Core;

namespace CrMonitor.Informers;

/// <summary>Finds the cluster as kubectl does, and reads kubeconfigs without reflection: in a native program too.</summary>
/// <remarks>What a file says goes by KubernetesClient: certificates, tokens, exec plugins. May be used from any thread.</remarks>
public static class KubeConfig
{
    /// <summary>
    /// Reads <paramref name="file"/>; else the files that <c>KUBECONFIG</c> lists, merged, those left out that do not exist; else
    /// <c>~/.kube/config</c>; else takes the service account of the pod.
    /// </summary>
    /// <param name="file">The kubeconfig, if it is to be found nowhere else.</param>
    /// <param name="context">The context, if not the current one of the file.</param>
    /// <exception cref="KubeConfigException">
    /// There is none of them, or it cannot be read, or it has no such context; the message tells which and why.
    /// </exception>
    public static KubernetesClientConfiguration Load(string? file = null, string? context = null) =>
        Load(file, context, Environment.GetEnvironmentVariable("KUBECONFIG"), KubernetesClientConfiguration.KubeConfigDefaultLocation);

    /// <summary>Reads a kubeconfig that the program has as text. Certificates that it names as files are those of the working directory.</summary>
    /// <param name="text">The kubeconfig.</param>
    /// <param name="context">The context, if not the current one of the text.</param>
    /// <exception cref="KubeConfigException">It is no kubeconfig, or it has no such context; the message tells why.</exception>
    public static KubernetesClientConfiguration Parse(string text, string? context = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Use("The kubeconfig", () =>
        {
            using var reader = new StringReader(text);
            return KubernetesClientConfiguration.BuildConfigFromConfigObject(KubeConfigReader.Read(reader), context);
        });
    }

    internal static KubernetesClientConfiguration Load(string? file, string? context, string? listed, string usual)
    {
        var files = Files(file, listed, usual);
        if (files.Count > 0)
        {
            return Use(
                $"The kubeconfig {string.Join(Path.PathSeparator, files)}",
                () => KubernetesClientConfiguration.BuildConfigFromConfigObject(Merge(files), context));
        }

        if (!KubernetesClientConfiguration.IsInCluster())
        {
            throw new KubeConfigException(
                $"No cluster was found: KUBECONFIG is not set, there is no {usual}, and this is no pod. Name a kubeconfig.");
        }

        return context is null
            ? Use("The service account of the pod", KubernetesClientConfiguration.InClusterConfig)
            : throw new KubeConfigException(
                $"There is no kubeconfig that could have the context '{context}', but the service account of the pod alone.");
    }

    private static KubernetesClientConfiguration Use(string what, Func<KubernetesClientConfiguration> build)
    {
        try
        {
            return build();
        }
        catch (Exception e) when (e is KubeConfigException or YamlException or IOException or UnauthorizedAccessException or FormatException)
        {
            throw new KubeConfigException($"{what} cannot be used: {e.Message.Split('\n', 2)[0].Trim()}", e);
        }
    }

    private static List<string> Files(string? given, string? listed, string usual)
    {
        if (given is not null)
        {
            return File.Exists(given) ? [given] : throw new KubeConfigException($"The kubeconfig {given} does not exist.");
        }

        if (!string.IsNullOrEmpty(listed))
        {
            var existing = listed.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Where(File.Exists).ToList();
            return existing.Count > 0 ? existing : throw new KubeConfigException($"KUBECONFIG={listed} names no file that exists.");
        }

        return File.Exists(usual) ? [usual] : [];
    }

    // What an earlier file says stands.
    private static K8SConfiguration Merge(List<string> files)
    {
        var merged = Read(files[0]);
        foreach (var other in files.Skip(1).Select(Read))
        {
            merged.CurrentContext = string.IsNullOrEmpty(merged.CurrentContext) ? other.CurrentContext : merged.CurrentContext;
            merged.Clusters = Both(merged.Clusters, other.Clusters, cluster => cluster.Name);
            merged.Contexts = Both(merged.Contexts, other.Contexts, context => context.Name);
            merged.Users = Both(merged.Users, other.Users, user => user.Name);
        }

        return merged;

        static List<T> Both<T>(IEnumerable<T> first, IEnumerable<T> second, Func<T, string> name) => [.. first.Concat(second).DistinctBy(name)];
    }

    private static K8SConfiguration Read(string file)
    {
        using var reader = new StreamReader(file);
        var read = KubeConfigReader.Read(reader);
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        foreach (var cluster in read.Clusters.Select(cluster => cluster.ClusterEndpoint).OfType<ClusterEndpoint>())
        {
            cluster.CertificateAuthority = In(folder, cluster.CertificateAuthority);
        }

        foreach (var user in read.Users.Select(user => user.UserCredentials).OfType<UserCredentials>())
        {
            user.ClientCertificate = In(folder, user.ClientCertificate);
            user.ClientKey = In(folder, user.ClientKey);
        }

        return read;
    }

    // A path is relative to the file that names it, also where several are merged.
    private static string? In(string folder, string? path) => string.IsNullOrEmpty(path) ? path : Path.Combine(folder, path);
}
