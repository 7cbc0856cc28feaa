using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CrMonitor.ApiServer;

/// <summary>
/// The rules of Roles and ClusterRoles, to be compared with the requests of a client: so that a test can hold a manifest to what is needed and no
/// more.
/// </summary>
/// <remarks>
/// The server itself lets everything pass. Which role is bound to whom, and in which namespace, is not looked at; neither are requests other than for
/// resources (discovery, health), which clusters allow everybody. Immutable.
/// </remarks>
public sealed class RbacRules
{
    private readonly IReadOnlyList<Rule> _rules;

    private RbacRules(IReadOnlyList<Rule> rules) => _rules = rules;

    /// <summary>What the rules allow, one by one; wildcards stay as they are written.</summary>
    public IEnumerable<Permission> Permissions =>
        from rule in _rules
        from grp in rule.Groups
        from resource in rule.Resources
        from verb in rule.Verbs
        select new Permission(grp, resource, verb);

    /// <summary>Reads the rules of all Roles and ClusterRoles in a manifest.</summary>
    /// <param name="manifest">YAML, of one or several documents. Documents of other kinds are passed over.</param>
    /// <exception cref="FormatException">This is not YAML, or has no Role and no ClusterRole, or a rule is not one.</exception>
    public static RbacRules Parse(string manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var yaml = new YamlStream();
        try
        {
            yaml.Load(new StringReader(manifest));
        }
        catch (YamlException e)
        {
            throw new FormatException($"The manifest is not YAML: line {e.Start.Line}: {e.Message}", e);
        }

        var roles = yaml.Documents
            .Select(static d => d.RootNode)
            .OfType<YamlMappingNode>()
            .Where(static d => Child(d, "kind") is YamlScalarNode { Value: "Role" or "ClusterRole" })
            .ToList();
        if (roles.Count == 0)
        {
            throw new FormatException("The manifest has neither a Role nor a ClusterRole.");
        }

        return new RbacRules([.. roles.SelectMany(static r => (Child(r, "rules") as YamlSequenceNode)?.Children ?? []).Select(Rule.Read)]);
    }

    /// <summary>Whether one of the rules allows a request. Requests that are not for resources are always allowed.</summary>
    /// <param name="request">The request.</param>
    public bool Allows(ApiRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return !request.IsResourceRequest || _rules.Any(r => r.Allows(request.Permission, request.Name));
    }

    /// <summary>What is needed and not allowed: empty if every request would be served in a cluster.</summary>
    /// <param name="requests">The requests, such as <see cref="RequestLog.Latest"/> has them.</param>
    public IReadOnlyList<Permission> MissingFor(IEnumerable<ApiRequest> requests) =>
        [.. requests.Where(r => !Allows(r)).Select(static r => r.Permission).Distinct()];

    /// <summary>What is allowed and was not needed: empty if the rules are the least privilege for these requests.</summary>
    /// <param name="requests">The requests, such as <see cref="RequestLog.Latest"/> has them.</param>
    public IReadOnlyList<Permission> UnusedBy(IEnumerable<ApiRequest> requests)
    {
        var needed = requests.Where(static r => r.IsResourceRequest).Select(static r => r.Permission).ToHashSet();
        return [.. Permissions.Distinct().Where(p => !needed.Any(n => Rule.Covers(p, n)))];
    }

    private static YamlNode? Child(YamlMappingNode node, string name) =>
        node.Children.TryGetValue(new YamlScalarNode(name), out var child) ? child : null;

    private sealed record Rule(
        IReadOnlyList<string> Groups, IReadOnlyList<string> Resources, IReadOnlyList<string> Verbs, IReadOnlyList<string> Names)
    {
        public static Rule Read(YamlNode node) => node is YamlMappingNode rule
            ? new Rule(Texts(rule, "apiGroups"), Texts(rule, "resources"), Texts(rule, "verbs"), Texts(rule, "resourceNames"))
            : throw new FormatException($"Line {node.Start.Line}: a rule is a mapping with apiGroups, resources and verbs.");

        /// <summary>Whether <paramref name="allowed"/>, which may have wildcards, allows <paramref name="needed"/>.</summary>
        public static bool Covers(Permission allowed, Permission needed) =>
            (allowed.Group == "*" || allowed.Group == needed.Group)
            && (allowed.Verb == "*" || allowed.Verb == needed.Verb)
            && (allowed.Resource == "*" || allowed.Resource == needed.Resource
                || (allowed.Resource.StartsWith("*/", StringComparison.Ordinal) && needed.Resource.EndsWith(
                    allowed.Resource[1..], StringComparison.Ordinal)));

        public bool Allows(Permission needed, string name) =>
            (Names.Count == 0 || Names.Contains(name))
            && Groups.Any(g => Resources.Any(r => Verbs.Any(v => Covers(new Permission(g, r, v), needed))));

        private static IReadOnlyList<string> Texts(YamlMappingNode rule, string name) => Child(rule, name) switch
        {
            null => [],
            YamlSequenceNode list => [.. list.Children.Select(static c => (c as YamlScalarNode)?.Value ?? "")],
            var other => throw new FormatException($"Line {other.Start.Line}: {name} of a rule is a list of texts."),
        };
    }
}
