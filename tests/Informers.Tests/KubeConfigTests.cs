using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using k8s;
using k8s.Exceptions;
using k8s.KubeConfigModels;

namespace CrMonitor.Informers.Tests;

public sealed class KubeConfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

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

    [Fact]
    public void The_groups_and_extras_of_an_impersonation_are_read()
    {
        using var text = new StringReader("""
            users:
            - name: me
              user: {as: you, as-groups: [a, b], as-user-extra: {scopes: [read, write]}}
            """);

        var me = Assert.Single(KubeConfigReader.Read(text).Users).UserCredentials;

        Assert.Equal(("you", "read,write"), (me.Impersonate, me.ImpersonateUserExtra["scopes"]));
        Assert.Equal(["a", "b"], me.ImpersonateGroups);
    }

    [Fact]
    public void The_file_that_is_given_goes_before_the_environment_and_that_before_the_usual_one()
    {
        var (given, listed, usual) = (Write("given", "https://given"), Write("listed", "https://listed"), Write("usual", "https://usual"));

        Assert.Equal("https://given", KubeConfig.Load(given, null, listed, usual).Host);
        Assert.Equal("https://listed", KubeConfig.Load(null, null, listed, usual).Host);
        Assert.Equal("https://usual", KubeConfig.Load(null, null, null, usual).Host);
        Assert.Equal("https://usual", KubeConfig.Load(null, null, "", usual).Host);
    }

    [Fact]
    public void Of_several_files_the_first_word_stands_those_that_do_not_exist_are_left_out_and_paths_are_relative_to_their_own_file()
    {
        var first = Write("first", "https://first");
        Directory.CreateDirectory(In("below"));
        using var key = ECDsa.Create();
        using var authority = new CertificateRequest("CN=ca", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        File.WriteAllText(In("below/ca.crt"), authority.ExportCertificatePem());
        var second = Write("below/second", "https://second", "certificate-authority: ca.crt, ", context: "other");
        var both = string.Join(Path.PathSeparator, In("none"), first, second);

        Assert.Equal("https://first", KubeConfig.Load(null, null, both, In("none")).Host);
        var other = KubeConfig.Load(null, "other", both, In("none"));
        Assert.Equal("https://second", other.Host);
        Assert.Equal("CN=ca", Assert.Single(other.SslCaCerts).Subject);
    }

    [Fact]
    public void Text_is_read_as_a_file_is()
    {
        Assert.Equal("https://there", KubeConfig.Parse(File.ReadAllText(Write("a", "https://there"))).Host);
        Assert.Equal(
            "The kubeconfig cannot be used: It does not hold one object.", Assert.Throws<KubeConfigException>(() => KubeConfig.Parse("")).Message);
    }

    [Fact]
    public void What_cannot_be_used_is_named_with_the_reason()
    {
        var good = Write("good", "https://there");
        var bad = In("bad");
        File.WriteAllText(bad, "clusters: a");
        var broken = In("broken");
        File.WriteAllText(broken, "a: [");

        Assert.Equal($"The kubeconfig {In("none")} does not exist.", Failure(In("none"), null, null));
        Assert.Equal($"KUBECONFIG={In("none")} names no file that exists.", Failure(null, null, In("none")));
        Assert.Equal($"The kubeconfig {bad} cannot be used: Line 1: 'clusters' is not what it is in a kubeconfig.", Failure(bad, null, null));
        Assert.StartsWith($"The kubeconfig {broken} cannot be used: ", Failure(broken, null, null), StringComparison.Ordinal);
        Assert.StartsWith($"The kubeconfig {good} cannot be used: ", Failure(good, "nowhere", null), StringComparison.Ordinal);
        Assert.Contains("nowhere", Failure(good, "nowhere", null), StringComparison.Ordinal);
        Assert.StartsWith($"No cluster was found: KUBECONFIG is not set, there is no {In("usual")}, and this is no pod.", Failure(null, null, null), StringComparison.Ordinal);
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

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Failure(string? file, string? context, string? listed) =>
        Assert.Throws<KubeConfigException>(() => KubeConfig.Load(file, context, listed, In("usual"))).Message;

    private string In(string name) => Path.Combine(_folder, name);

    private string Write(string name, string server, string more = "", string context = "here")
    {
        File.WriteAllText(In(name), $$$"""
            current-context: {{{context}}}
            clusters: [{name: {{{context}}}, cluster: {{{{more}}}server: "{{{server}}}"}}]
            contexts: [{name: {{{context}}}, context: {cluster: {{{context}}}, user: {{{context}}} }}]
            users: [{name: {{{context}}}, user: {token: {{{context}}} }}]
            """);
        return In(name);
    }
}
