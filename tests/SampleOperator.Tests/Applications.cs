using k8s.Models;

namespace CrMonitor.SampleOperator.Tests;

/// <summary>Applications and their Deployments as a server would hold them.</summary>
internal static class Applications
{
    public static Application Application(
        string name = "web", string image = "nginx:1.27", int replicas = 3, int[]? ports = null, long generation = 1, ApplicationStatus? status = null) =>
        new()
        {
            Metadata = new V1ObjectMeta
            {
                Name = name,
                NamespaceProperty = "default",
                Uid = "uid-of-" + name,
                Generation = generation,
                ResourceVersion = "1",
            },
            Spec = new ApplicationSpec { Image = image, Replicas = replicas, Ports = ports ?? [80] },
            Status = status,
        };

    /// <summary>The Deployment of an Application once a Deployment controller has done its part for it.</summary>
    public static V1Deployment Deployment(Application application, V1DeploymentStatus? status = null, long generation = 1)
    {
        var deployment = DesiredDeployment.For(application);
        deployment.Metadata.Generation = generation;
        deployment.Status = status;
        return deployment;
    }

    public static V1DeploymentStatus Rollout(int available, int? updated = null, int? replicas = null, long observed = 1) => new()
    {
        ObservedGeneration = observed,
        Replicas = replicas ?? updated ?? available,
        UpdatedReplicas = updated ?? available,
        AvailableReplicas = available == 0 ? null : available,
    };
}
