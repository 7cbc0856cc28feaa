using System.Diagnostics.CodeAnalysis;

namespace CrMonitor.Informers;

/// <summary>Compares what resources are called, by group and plural, in whatever version.</summary>
internal sealed class ResourceNameComparer : IEqualityComparer<KubeResource>
{
    public static ResourceNameComparer Instance { get; } = new();

    public bool Equals(KubeResource? x, KubeResource? y) => x?.Group == y?.Group && x?.Plural == y?.Plural;

    public int GetHashCode([DisallowNull] KubeResource resource) => HashCode.Combine(resource.Group, resource.Plural);
}
