namespace CrMonitor.ApiServer.Faults;

/// <summary>Which requests a fault meets, as the control surface is told: those that have all the values that are given.</summary>
internal sealed record RequestMatch
{
    public string? Verb { get; init; }

    public string? Group { get; init; }

    public string? Version { get; init; }

    public string? Resource { get; init; }

    public string? Subresource { get; init; }

    public string? Namespace { get; init; }

    public string? Name { get; init; }

    public string? Path { get; init; }

    public string? UserAgent { get; init; }

    public bool Matches(ApiRequest request) =>
        Is(Verb, request.Verb)
        && Is(Group, request.Group)
        && Is(Version, request.Version)
        && Is(Resource, request.Resource)
        && Is(Subresource, request.Subresource)
        && Is(Namespace, request.Namespace)
        && Is(Name, request.Name)
        && Is(Path, request.Path)
        && Is(UserAgent, request.UserAgent);

    private static bool Is(string? wanted, string value) => wanted is null || wanted == value;
}
