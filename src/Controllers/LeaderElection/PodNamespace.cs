namespace CrMonitor.Controllers;

/// <summary>The namespace of the pod that this process runs in, as Kubernetes mounts it beside the token of the service account.</summary>
internal static class PodNamespace
{
    private const string Path = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

    /// <returns><see langword="null"/> outside of a pod, or where no token is mounted.</returns>
    public static string? Read()
    {
        try
        {
            return File.ReadAllText(Path).Trim() is { Length: > 0 } ns ? ns : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
