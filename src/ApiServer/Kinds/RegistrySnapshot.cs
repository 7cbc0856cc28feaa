namespace CrMonitor.ApiServer.Kinds;

/// <summary>All resources that are served at one moment. Immutable.</summary>
internal sealed class RegistrySnapshot
{
    private readonly Dictionary<(string Group, string Version, string Plural), ResourceDefinition> _byResource = [];
    private readonly Dictionary<(string Group, string Version, string Kind), ResourceDefinition> _byKind = [];

    public RegistrySnapshot(long generation, IEnumerable<ResourceDefinition> definitions)
    {
        Generation = generation;
        All = [.. definitions];
        foreach (var definition in All)
        {
            _byResource[(definition.Group, definition.Version, definition.Plural)] = definition;
            _byKind[(definition.Group, definition.Version, definition.Kind)] = definition;
        }
    }

    /// <summary>Rises by one with each change: what is derived from a snapshot can be kept under it.</summary>
    public long Generation { get; }

    /// <summary>Built-in kinds first; the versions of a resource in Kubernetes' order of preference.</summary>
    public IReadOnlyList<ResourceDefinition> All { get; }

    public ResourceDefinition? Find(string group, string version, string plural) => _byResource.GetValueOrDefault((group, version, plural));

    public ResourceDefinition? FindKind(string group, string version, string kind) => _byKind.GetValueOrDefault((group, version, kind));
}
