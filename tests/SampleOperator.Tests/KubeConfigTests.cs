using k8s;
using k8s.KubeConfigModels;

namespace CrMonitor.SampleOperator.Tests;

public sealed class KubeConfigTests
{
    private const string Everything = """
        # a comment
        apiVersion: v1
        kind: Config
        current-context: here
        preferences: {}
        clusters:
        - name: one
          cluster: {server: "https://one:6443", certificate-authority: ca.crt, tls-server-name: other}
        - cluster:
            server: https://two
            insecure-skip-tls-verify: true
            certificate-authority-data: Y2E=
          name: two
        contexts:
        - name: here
          context: {cluster: one, user: me, namespace: mine}
        - context: {cluster: two, user: you}
          name: there
        users:
        - name: me
          user: {client-certificate-data: Yw==, client-key: me.key}
        - name: you
          user:
            token: 0123
            username: ~
            password: 42
            exec:
              apiVersion: client.authentication.k8s.io/v1
              command: login
              args: [--now, "1"]
              env:
              - name: A
                value: b
            auth-provider:
              name: oidc
              config: {id-token: t, client-id: 7}
        """;

    [Fact]
    public void A_kubeconfig_is_read_as_KubernetesClient_reads_it()
    {
        using var text = new StringReader(Everything);
        var read = KubeConfigReader.Read(text);
        var expected = KubernetesYaml.Deserialize<K8SConfiguration>(Everything);

        Assert.Equal(
            (expected.ApiVersion, expected.Kind, expected.CurrentContext), (read.ApiVersion, read.Kind, read.CurrentContext));
        Assert.Equivalent(expected.Clusters, read.Clusters);
        Assert.Equivalent(expected.Contexts, read.Contexts);
        Assert.Equivalent(expected.Users, read.Users);
        Assert.Equal("42", read.Users.Last().UserCredentials.Password);
    }

    [Theory]
    [InlineData("", "It does not hold one object.")]
    [InlineData("- a", "It does not hold one object.")]
    [InlineData("clusters: a", "Line 1: 'clusters' is not what it is in a kubeconfig.")]
    [InlineData("users:\n- name: a\n  user: 1", "Line 3: 'user' is not what it is in a kubeconfig.")]
    public void What_is_no_kubeconfig_is_refused_with_the_place(string text, string message)
    {
        using var reader = new StringReader(text);
        Assert.Equal(message, Assert.Throws<FormatException>(() => KubeConfigReader.Read(reader)).Message);
    }
}
