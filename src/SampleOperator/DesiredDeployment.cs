using CrMonitor.Controllers;
using CrMonitor.Informers;
using k8s.Models;

namespace CrMonitor.SampleOperator;

/// <summary>What an Application's Deployment is to look like. Pure: it reads nothing but its arguments.</summary>
internal static class DesiredDeployment
{
    public const string ContainerName = "app-container";
    public const string AppLabel = "app";
    public const string ControllerLabel = "controller";
    public const string ControllerLabelValue = "application-controller";

    private const string NameSuffix = "-deployment";

    /// <summary>The key of the Deployment that belongs to the Application of this key.</summary>
    public static ObjectKey KeyFor(ObjectKey application) => application with { Name = application.Name + NameSuffix };

    /// <summary>The Application that a Deployment of this key would belong to; <see langword="null"/> if its name is not of that form.</summary>
    public static ObjectKey? ApplicationOf(ObjectKey deployment) =>
        deployment.Name.Length > NameSuffix.Length && deployment.Name.EndsWith(NameSuffix, StringComparison.Ordinal)
            ? deployment with { Name = deployment.Name[..^NameSuffix.Length] }
            : null;

    /// <summary>
    /// The body of the server-side apply: exactly the fields that this operator decides, so that it becomes the owner of these and of no others.
    /// </summary>
    public static V1Deployment For(Application application)
    {
        var key = KeyFor(ObjectKey.Of(application));
        var deployment = new V1Deployment
        {
            ApiVersion = $"{V1Deployment.KubeGroup}/{V1Deployment.KubeApiVersion}",
            Kind = V1Deployment.KubeKind,
            Metadata = new V1ObjectMeta
            {
                Name = key.Name,
                NamespaceProperty = key.Namespace,
                Labels = LabelsFor(application),
            },
            Spec = new V1DeploymentSpec
            {
                Replicas = application.Spec.Replicas,
                Selector = new V1LabelSelector { MatchLabels = LabelsFor(application) },
                Template = new V1PodTemplateSpec
                {
                    Metadata = new V1ObjectMeta { Labels = LabelsFor(application) },
                    Spec = new V1PodSpec
                    {
                        Containers =
                        [
                            new V1Container
                            {
                                Name = ContainerName,
                                Image = application.Spec.Image,
                                Ports = application.Spec.Ports is { Count: > 0 } ports ? [.. ports.Select(PortFor)] : null,
                            },
                        ],
                    },
                },
            },
        };
        OwnerReferences.SetController(deployment, application, Application.Resource);
        return deployment;
    }

    // The protocol is part of a port's identity in server-side apply, and not every server fills in its default.
    private static V1ContainerPort PortFor(int port) => new() { ContainerPort = port, Protocol = "TCP" };

    private static Dictionary<string, string> LabelsFor(Application application) => new()
    {
        [AppLabel] = application.Metadata.Name,
        [ControllerLabel] = ControllerLabelValue,
    };
}
