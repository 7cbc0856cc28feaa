using k8s;
using k8s.Exceptions;
using k8s.KubeConfigModels;
using YamlDotNet.Core;

namespace CrMonitor.SampleOperator;

/// <summary>Finds the cluster as kubectl does.</summary>
internal static class KubeConfigFiles
{
    /// <summary>
    /// The file of <c>--kubeconfig</c>; else the files that <c>KUBECONFIG</c> lists, merged; else <c>~/.kube/config</c>; else the service account of the Pod.
    /// </summary>
    /// <exception cref="UsageException">There is none of them, or it cannot be read, or it has no such context.</exception>
    public static KubernetesClientConfiguration Load(OperatorSettings settings, Func<string, string?> environment)
    {
        var files = Candidates(settings, environment);
        try
        {
            if (files.Count > 0)
            {
                return KubernetesClientConfiguration.BuildConfigFromConfigObject(Merge(files), settings.Context);
            }

            if (KubernetesClientConfiguration.IsInCluster() && settings.Context is null)
            {
                return KubernetesClientConfiguration.InClusterConfig();
            }
        }
        catch (Exception exception) when (exception is KubeConfigException or YamlException or IOException or UnauthorizedAccessException or FormatException)
        {
            throw new UsageException($"The kubeconfig {string.Join(Path.PathSeparator, files)} cannot be used: {FirstLine(exception.Message)}", exception);
        }

        throw new UsageException(
            "No cluster was found: there is no --kubeconfig, no KUBECONFIG, no ~/.kube/config, and this is not a Pod. Name one, or start with --embedded.");
    }

    private static List<string> Candidates(OperatorSettings settings, Func<string, string?> environment)
    {
        if (settings.KubeConfig is { } given)
        {
            return File.Exists(given) ? [given] : throw new UsageException($"The kubeconfig {given} does not exist.");
        }

        if (environment("KUBECONFIG") is { Length: > 0 } list)
        {
            // As kubectl, pass over those of several that do not exist.
            var existing = list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Where(File.Exists).ToList();
            return existing.Count > 0 ? existing : throw new UsageException($"KUBECONFIG={list} names no file that exists.");
        }

        var usual = KubernetesClientConfiguration.KubeConfigDefaultLocation;
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

        static List<T> Both<T>(IEnumerable<T>? first, IEnumerable<T>? second, Func<T, string> name) =>
            [.. (first ?? []).Concat(second ?? []).DistinctBy(name)];
    }

    // Certificates may be named relative to the file.
    private static K8SConfiguration Read(string file)
    {
        using var reader = new StreamReader(file);
        var read = KubeConfigReader.Read(reader);
        read.FileName = Path.GetFullPath(file);
        return read;
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0].Trim();
}
