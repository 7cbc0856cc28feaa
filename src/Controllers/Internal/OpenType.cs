using CrMonitor.Informers;

namespace CrMonitor.Controllers;

/// <summary>Types whose objects may be of any resource. All others are bound to one.</summary>
internal static class OpenType
{
    public static bool Is<T>() => typeof(T) == typeof(DynamicObject) || typeof(T) == typeof(PartialObjectMetadata);

    /// <param name="named">For which resources the type stands already.</param>
    public static InvalidOperationException NotNamed<T>(IReadOnlyCollection<KubeResource> named) => new(
        $"{typeof(T).Name} stands for any resource, and {(named.Count == 0 ? "none is named" : $"here for several: {string.Join(", ", named)}")}. "
        + $"Name the one that is meant by {typeof(T).Name}.Of(resource): to For, Owns, Watches, WatchesByIndex or AddInformer, "
        + $"and to {nameof(IKubeClient)}.{nameof(IKubeClient.For)} for reads and writes.");
}
