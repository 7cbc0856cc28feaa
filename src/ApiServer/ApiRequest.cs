namespace CrMonitor.ApiServer;

/// <summary>What a request asks of the API, read from its method, path and query: what faults are matched by and what is recorded.</summary>
/// <remarks>Immutable. All texts are empty, not <see langword="null"/>, where the request has none.</remarks>
public sealed class ApiRequest
{
    internal ApiRequest()
    {
    }

    /// <summary>
    /// <c>get</c>, <c>list</c>, <c>watch</c>, <c>create</c>, <c>update</c>, <c>patch</c>, <c>delete</c> or <c>deletecollection</c> for resources;
    /// the HTTP method in lower case for anything else.
    /// </summary>
    public string Verb { get; internal init; } = "";

    /// <summary>Whether the request is for a resource, rather than for discovery, health and the like.</summary>
    public bool IsResourceRequest => Resource.Length > 0;

    /// <summary>The API group; empty for the core group.</summary>
    public string Group { get; internal init; } = "";

    /// <summary>The version within the group.</summary>
    public string Version { get; internal init; } = "";

    /// <summary>The plural name of the resource, such as <c>deployments</c>.</summary>
    public string Resource { get; internal init; } = "";

    /// <summary>The namespace in the path.</summary>
    public string Namespace { get; internal init; } = "";

    /// <summary>The object's name in the path.</summary>
    public string Name { get; internal init; } = "";

    /// <summary>The subresource in the path, such as <c>status</c>.</summary>
    public string Subresource { get; internal init; } = "";

    /// <summary>The path, without the query.</summary>
    public string Path { get; internal init; } = "";

    /// <summary>The header <c>User-Agent</c>, by which clients tell who they are.</summary>
    public string UserAgent { get; internal init; } = "";

    /// <summary>What the sender must be allowed to do, in the terms of RBAC.</summary>
    public Permission Permission => new(Group, Subresource.Length == 0 ? Resource : $"{Resource}/{Subresource}", Verb);

    /// <summary>The same request as a create: what an apply is, too, that makes a new object.</summary>
    internal ApiRequest AsCreate() => new()
    {
        Verb = "create",
        Group = Group,
        Version = Version,
        Resource = Resource,
        Namespace = Namespace,
        Name = Name,
        Path = Path,
        UserAgent = UserAgent,
    };

    /// <inheritdoc/>
    public override string ToString() => $"{Verb} {Path}";
}
