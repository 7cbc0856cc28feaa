namespace CrMonitor.ApiServer.Tests;

/// <summary>The commands of kubectl that send protobuf.</summary>
public sealed class ProtobufKubectlTests : ServerTest
{
    [Theory]
    [InlineData("namespace/red created", "get namespace red -o jsonpath={.status.phase}", "Active", "create", "namespace", "red")]
    [InlineData("configmap/c created", "get configmap c -o jsonpath={.data.a}", "1", "create", "configmap", "c", "--from-literal=a=1")]
    [InlineData(
        "secret/s created", "get secret s -o jsonpath={.type}:{.data.p}", "Opaque:eHl6", "create", "secret", "generic", "s", "--from-literal=p=xyz")]
    [InlineData("serviceaccount/a created", "get serviceaccount a -o jsonpath={.metadata.name}", "a", "create", "serviceaccount", "a")]
    [InlineData(
        "deployment.apps/d created",
        "get deployment d -o jsonpath={.spec.replicas}:{.spec.template.spec.containers[0].image}:{.spec.template.spec.containers[0].name}",
        "3:nginx:1:nginx",
        "create", "deployment", "d", "--image=nginx:1", "--replicas=3")]
    [InlineData(
        "service/v created",
        "get service v -o jsonpath={.spec.type}:{.spec.ports[0].port}:{.spec.ports[0].targetPort}:{.spec.selector.app}",
        "ClusterIP:80:8080:v",
        "create", "service", "clusterip", "v", "--tcp=80:8080")]
    [InlineData(
        "pod/p created",
        "get pod p -o jsonpath={.spec.containers[0].image}:{.spec.containers[0].resources}:{.spec.restartPolicy}",
        "busybox:{}:Never",
        "run", "p", "--image=busybox", "--restart=Never")]
    public async Task An_object_is_created(string said, string question, string answer, params string[] command)
    {
        using var kubectl = WireKubectl.For(Server);

        Assert.Equal(said + "\n", await kubectl.RunAsync(command));

        Assert.Equal(answer, await kubectl.RunAsync(question.Split(' ')));
    }

    [Fact]
    public async Task What_was_created_is_deleted_and_what_is_there_is_not_created_again()
    {
        using var kubectl = WireKubectl.For(Server);
        await kubectl.RunAsync("create", "configmap", "c", "--from-literal=a=1");

        var again = await kubectl.TryRunAsync("create", "configmap", "c");
        var deleted = await kubectl.RunAsync("delete", "configmap", "c", "--cascade=foreground");

        Assert.Equal((1, "error: failed to create configmap: configmaps \"c\" already exists\n"), again);
        Assert.Equal("configmap \"c\" deleted\n", deleted);
    }
}
