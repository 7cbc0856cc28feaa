using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.Informers;
using k8s;

namespace CrMonitor.SampleOperator.Tests;

public sealed class DesiredDeploymentTests
{
    [Fact]
    public void The_Deployment_carries_exactly_what_the_Application_decides()
    {
        var deployment = DesiredDeployment.For(Applications.Application(ports: [80, 443]));

        var json = JsonNode.Parse(KubernetesJson.Serialize(deployment));
        var expected = JsonNode.Parse("""
            {
              "apiVersion": "apps/v1",
              "kind": "Deployment",
              "metadata": {
                "name": "web-deployment",
                "namespace": "default",
                "labels": { "app": "web", "controller": "application-controller" },
                "ownerReferences": [
                  {
                    "apiVersion": "example.com/v1", "kind": "Application", "name": "web", "uid": "uid-of-web",
                    "controller": true, "blockOwnerDeletion": true
                  }
                ]
              },
              "spec": {
                "replicas": 3,
                "selector": { "matchLabels": { "app": "web", "controller": "application-controller" } },
                "template": {
                  "metadata": { "labels": { "app": "web", "controller": "application-controller" } },
                  "spec": {
                    "containers": [
                      {
                        "name": "app-container",
                        "image": "nginx:1.27",
                        "ports": [ { "containerPort": 80, "protocol": "TCP" }, { "containerPort": 443, "protocol": "TCP" } ]
                      }
                    ]
                  }
                }
              }
            }
            """);
        Assert.True(JsonNode.DeepEquals(expected, json), json!.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
    }

    [Fact]
    public void An_Application_without_ports_gives_a_container_without_ports()
    {
        var container = DesiredDeployment.For(Applications.Application(ports: [])).Spec.Template.Spec.Containers.Single();

        Assert.Null(container.Ports);
    }

    [Theory]
    [InlineData("web-deployment", "web")]
    [InlineData("a-deployment-deployment", "a-deployment")]
    [InlineData("-deployment", null)]
    [InlineData("web", null)]
    public void The_name_of_a_Deployment_leads_back_to_its_Application(string deployment, string? application)
    {
        var key = DesiredDeployment.ApplicationOf(new ObjectKey("shop", deployment));

        Assert.Equal(application is null ? null : new ObjectKey("shop", application), key);
    }
}
