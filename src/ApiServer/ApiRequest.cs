using CrMonitor.ApiServer.Http;

namespace CrMonitor.ApiServer;

/// <summary>What a request asks of the API, read from its method, path and query: what faults are matched by and what is recorded.</summary>
/// <remarks>Immutable. All texts are empty, not <see langword="null"/>, where the request has none.</remarks>
public sealed class ApiRequest
{
    internal ApiRequest(string verb, string path, string userAgent)
        : this(verb, path, userAgent, ResourcePath.Of(path))
    {
    }

    internal ApiRequest(string verb, string path, string userAgent, in ResourcePath resource)
    {
        Verb = verb;
        Path = path;
        UserAgent = userAgent;
        (Group, Version, Resource, Namespace, Name, Subresource) =
            (resource.Group, resource.Version, resource.Resource, resource.Namespace, resource.Name, resource.Subresource);
    }

    /// <summary>
    /// <c>get</c>, <c>list</c>, <c>watch</c>, <c>create</c>, <c>update</c>, <c>patch</c>, <c>delete</c> or <c>deletecollection</c> for resources;
    /// the HTTP method in lower case for anything else.
    /// </summary>
    public string Verb { get; }

    /// <summary>Whether the request is for a resource, rather than for discovery, health and the like.</summary>
    public bool IsResourceRequest => Resource.Length > 0;

    /// <summary>The API group; empty for the core group.</summary>
    public string Group { get; }

    /// <summary>The version within the group.</summary>
    public string Version { get; }

    /// <summary>The plural name of the resource, such as <c>deployments</c>.</summary>
    public string Resource { get; }

    /// <summary>The namespace in the path.</summary>
    public string Namespace { get; }

    /// <summary>The object's name in the path.</summary>
    public string Name { get; }

    /// <summary>The subresource in the path, such as <c>status</c>.</summary>
    public string Subresource { get; }

    /// <summary>The path, without the query.</summary>
    public string Path { get; }

    /// <summary>The header <c>User-Agent</c>, by which clients tell who they are.</summary>
    public string UserAgent { get; }

    /// <summary>What the sender must be allowed to do, in the terms of RBAC.</summary>
    public Permission Permission => new(Group, Subresource.Length == 0 ? Resource : $"{Resource}/{Subresource}", Verb);

    /// <summary>The same request as a create: what an apply is, too, that makes a new object.</summary>
    internal ApiRequest AsCreate() => new("create", Path, UserAgent);

    /// <inheritdoc/>
    public override string ToString() => $"{Verb} {Path}";
}
