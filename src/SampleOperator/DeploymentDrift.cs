using k8s.Models;

namespace CrMonitor.SampleOperator;

/// <summary>How a Deployment differs from what its Application asks for. Pure: it reads nothing but its arguments.</summary>
/// <param name="Differences">Each difference in the fields that this operator decides, as people read it: <c>replicas 3 -> 5</c>. Empty if there is none.</param>
/// <param name="Scaling">The two numbers of replicas, where they differ.</param>
/// <param name="ExtraPorts">The container has ports that the Application does not name.</param>
internal sealed record DeploymentDrift(IReadOnlyList<string> Differences, (int From, int To)? Scaling, bool ExtraPorts)
{
    public bool IsNone => Differences.Count == 0;

    /// <summary>The number of replicas is the only difference.</summary>
    public bool IsScalingOnly => Scaling is not null && Differences.Count == 1;

    /// <summary>Compares the fields that <paramref name="desired"/> carries; what others have set besides them is not looked at.</summary>
    public static DeploymentDrift Between(V1Deployment actual, V1Deployment desired)
    {
        var differences = new List<string>();

        // A server fills in one replica where none are given.
        var scaling = (From: actual.Spec.Replicas ?? 1, To: desired.Spec.Replicas ?? 1);
        if (scaling.From != scaling.To)
        {
            differences.Add($"replicas {scaling.From} -> {scaling.To}");
        }

        CompareLabels("label", actual.Metadata.Labels, desired.Metadata.Labels, differences);
        CompareLabels("Pod label", actual.Spec.Template?.Metadata?.Labels, desired.Spec.Template.Metadata.Labels, differences);

        var wanted = desired.Spec.Template.Spec.Containers[0];
        var found = actual.Spec.Template?.Spec?.Containers?.FirstOrDefault(container => container.Name == wanted.Name);
        var extraPorts = false;
        if (found is null)
        {
            differences.Add($"container {wanted.Name} added");
        }
        else
        {
            if (found.Image != wanted.Image)
            {
                differences.Add($"image {found.Image} -> {wanted.Image}");
            }

            var (foundPorts, wantedPorts) = (PortsOf(found), PortsOf(wanted));
            if (!foundPorts.SetEquals(wantedPorts))
            {
                differences.Add($"ports {Text(foundPorts)} -> {Text(wantedPorts)}");
                extraPorts = !foundPorts.IsSubsetOf(wantedPorts);
            }
        }

        var owner = desired.Metadata.OwnerReferences[0];
        if (actual.Metadata.OwnerReferences?.Any(o => o.Uid == owner.Uid && o.Controller == true && o.BlockOwnerDeletion == true) != true)
        {
            differences.Add("owner reference");
        }

        return new DeploymentDrift(differences, scaling.From != scaling.To ? scaling : null, extraPorts);
    }

    private static void CompareLabels(string what, IDictionary<string, string>? actual, IDictionary<string, string> desired, List<string> differences)
    {
        foreach (var (name, value) in desired)
        {
            if (actual is null || !actual.TryGetValue(name, out var found))
            {
                differences.Add($"{what} {name} added");
            }
            else if (found != value)
            {
                differences.Add($"{what} {name} {found} -> {value}");
            }
        }
    }

    private static SortedSet<string> PortsOf(V1Container container) =>
        new((container.Ports ?? []).Select(port => $"{port.ContainerPort}/{port.Protocol ?? "TCP"}"), StringComparer.Ordinal);

    private static string Text(SortedSet<string> ports) => ports.Count == 0 ? "none" : string.Join(",", ports);
}
