using k8s.Models;

namespace CrMonitor.SampleOperator.Tests;

public sealed class DriftTests
{
    private readonly Application _application = Applications.Application(ports: [80]);

    [Fact]
    public void A_Deployment_as_desired_has_no_drift_whatever_others_have_added_to_it()
    {
        var actual = Applications.Deployment(_application);
        actual.Metadata.Annotations = new Dictionary<string, string> { ["deployment.kubernetes.io/revision"] = "4" };
        actual.Metadata.Labels["team"] = "shop";
        actual.Spec.Strategy = new V1DeploymentStrategy { Type = "Recreate" };
        actual.Spec.Template.Spec.Containers.Insert(
            0, new V1Container { Name = "sidecar", Image = "proxy:1", Ports = [new V1ContainerPort { ContainerPort = 15000 }] });
        actual.Spec.Template.Spec.Containers[1].Env = [new V1EnvVar { Name = "COLOR", Value = "blue" }];

        Assert.True(Drift(actual).IsNone, string.Join("; ", Drift(actual).Differences));
    }

    [Fact]
    public void A_port_whose_protocol_the_server_left_out_is_a_TCP_port()
    {
        var actual = Applications.Deployment(_application);
        Container(actual).Ports[0].Protocol = null;

        Assert.True(Drift(actual).IsNone);
    }

    [Fact]
    public void Replicas_alone_are_scaling()
    {
        var actual = Applications.Deployment(_application);
        actual.Spec.Replicas = 1;

        var drift = Drift(actual);

        Assert.Equal(["replicas 1 -> 3"], drift.Differences);
        Assert.Equal((1, 3), drift.Scaling);
        Assert.True(drift.IsScalingOnly);
    }

    [Fact]
    public void An_image_that_was_changed_by_hand_is_drift()
    {
        var actual = Applications.Deployment(_application);
        Container(actual).Image = "nginx:latest";

        Assert.Equal(["image nginx:latest -> nginx:1.27"], Drift(actual).Differences);
    }

    [Fact]
    public void A_missing_port_is_drift_and_an_extra_one_is_marked_as_such()
    {
        var missing = Applications.Deployment(_application);
        Container(missing).Ports = null;
        var extra = Applications.Deployment(_application);
        Container(extra).Ports.Add(new V1ContainerPort { ContainerPort = 9999 });

        Assert.Equal(["ports none -> 80/TCP"], Drift(missing).Differences);
        Assert.False(Drift(missing).ExtraPorts);
        Assert.Equal(["ports 80/TCP,9999/TCP -> 80/TCP"], Drift(extra).Differences);
        Assert.True(Drift(extra).ExtraPorts);
    }

    [Fact]
    public void Labels_that_are_missing_or_changed_on_the_Deployment_or_its_Pods_are_drift()
    {
        var actual = Applications.Deployment(_application);
        actual.Metadata.Labels["app"] = "other";
        actual.Spec.Template.Metadata.Labels.Remove("controller");

        Assert.Equal(["label app other -> web", "Pod label controller added"], Drift(actual).Differences);
    }

    [Fact]
    public void A_container_or_an_owner_reference_that_is_gone_is_drift()
    {
        var actual = Applications.Deployment(_application);
        actual.Spec.Template.Spec.Containers = [new V1Container { Name = "other", Image = "nginx:1.27" }];
        actual.Metadata.OwnerReferences[0].BlockOwnerDeletion = null;

        Assert.Equal(["container app-container added", "owner reference"], Drift(actual).Differences);
    }

    private static V1Container Container(V1Deployment deployment) => deployment.Spec.Template.Spec.Containers[0];

    private DeploymentDrift Drift(V1Deployment actual) => DeploymentDrift.Between(actual, DesiredDeployment.For(_application));
}
