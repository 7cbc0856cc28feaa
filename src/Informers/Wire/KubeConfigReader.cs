using k8s.KubeConfigModels;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CrMonitor.Informers;

/// <summary>Reads kubeconfigs, member by member: KubernetesClient's own reader needs reflection, which a native program does not have.</summary>
internal static class KubeConfigReader
{
    /// <exception cref="YamlException">It is no YAML.</exception>
    /// <exception cref="FormatException">It is no kubeconfig.</exception>
    public static K8SConfiguration Read(TextReader text)
    {
        var yaml = new YamlStream();
        yaml.Load(text);
        if (yaml.Documents is not [{ RootNode: YamlMappingNode root }])
        {
            throw new FormatException("It does not hold one object.");
        }

        return new K8SConfiguration
        {
            ApiVersion = Text(root, "apiVersion"),
            Kind = Text(root, "kind"),
            CurrentContext = Text(root, "current-context"),
            Clusters = Items(root, "clusters", item => new Cluster { Name = Text(item, "name"), ClusterEndpoint = Endpoint(Map(item, "cluster")) }),
            Contexts = Items(root, "contexts", item => new Context { Name = Text(item, "name"), ContextDetails = Details(Map(item, "context")) }),
            Users = Items(root, "users", item => new User { Name = Text(item, "name"), UserCredentials = Credentials(Map(item, "user")) }),
        };
    }

    private static ClusterEndpoint? Endpoint(YamlMappingNode? map) => map is null ? null : new ClusterEndpoint
    {
        Server = Text(map, "server"),
        TlsServerName = Text(map, "tls-server-name"),
        CertificateAuthority = Text(map, "certificate-authority"),
        CertificateAuthorityData = Text(map, "certificate-authority-data"),
        SkipTlsVerify = Text(map, "insecure-skip-tls-verify") == "true",
    };

    private static ContextDetails? Details(YamlMappingNode? map) => map is null ? null : new ContextDetails
    {
        Cluster = Text(map, "cluster"),
        User = Text(map, "user"),
        Namespace = Text(map, "namespace"),
    };

    private static UserCredentials? Credentials(YamlMappingNode? map) => map is null ? null : new UserCredentials
    {
        ClientCertificate = Text(map, "client-certificate"),
        ClientCertificateData = Text(map, "client-certificate-data"),
        ClientKey = Text(map, "client-key"),
        ClientKeyData = Text(map, "client-key-data"),
        Token = Text(map, "token"),
        UserName = Text(map, "username"),
        Password = Text(map, "password"),
        Impersonate = Text(map, "as"),
        ImpersonateGroups = Texts(map, "as-groups") ?? [],
        ImpersonateUserExtra = Map(map, "as-user-extra") is { } extra
            ? extra.Children.Keys.Select(name => ((YamlScalarNode)name).Value!)
                .ToDictionary(name => name, name => string.Join(',', Texts(extra, name) ?? []))
            : [],
        AuthProvider = Map(map, "auth-provider") is { } provider
            ? new AuthProvider { Name = Text(provider, "name"), Config = Pairs(Map(provider, "config")) }
            : null,
        ExternalExecution = Map(map, "exec") is { } exec
            ? new ExternalExecution
            {
                ApiVersion = Text(exec, "apiVersion"),
                Command = Text(exec, "command"),
                Arguments = Texts(exec, "args"),
                EnvironmentVariables = Items(exec, "env", Pairs),
                InstallHint = Text(exec, "installHint"),
                ProvideClusterInfo = Text(exec, "provideClusterInfo") == "true",
            }
            : null,
    };

    private static List<T> Items<T>(YamlMappingNode map, string member, Func<YamlMappingNode, T> read) =>
        [.. List(map, member).Select(item => read(item as YamlMappingNode ?? throw Unexpected(item, member)))];

    private static List<string>? Texts(YamlMappingNode map, string member) =>
        Find(map, member) is null ? null : [.. List(map, member).Select(item => (item as YamlScalarNode)?.Value ?? throw Unexpected(item, member))];

    private static Dictionary<string, string> Pairs(YamlMappingNode? map) =>
        map?.Children.ToDictionary(pair => ((YamlScalarNode)pair.Key).Value!, pair => (pair.Value as YamlScalarNode)?.Value ?? "") ?? [];

    private static IEnumerable<YamlNode> List(YamlMappingNode map, string member) => Find(map, member) switch
    {
        null => [],
        YamlSequenceNode list => list.Children,
        var other => throw Unexpected(other, member),
    };

    private static YamlMappingNode? Map(YamlMappingNode map, string member) => Find(map, member) switch
    {
        null => null,
        YamlMappingNode inner => inner,
        var other => throw Unexpected(other, member),
    };

    private static string? Text(YamlMappingNode map, string member) => Find(map, member) switch
    {
        null => null,
        YamlScalarNode scalar => scalar.Value,
        var other => throw Unexpected(other, member),
    };

    // What is written as nothing, or as null, is not there.
    private static YamlNode? Find(YamlMappingNode map, string member) =>
        map.Children.TryGetValue(new YamlScalarNode(member), out var found)
        && found is not YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" }
            ? found
            : null;

    private static FormatException Unexpected(YamlNode node, string member) =>
        new($"Line {node.Start.Line}: '{member}' is not what it is in a kubeconfig.");
}
