using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>How the objects of an informer are held: what they are made of, and how the little is read that the informer itself must know of them.</summary>
internal abstract class ObjectForm<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>What a list request accepts.</summary>
    public virtual string ListMediaType => "application/json";

    /// <summary>What a watch request accepts.</summary>
    public virtual string WatchMediaType => "application/json";

    public static ObjectForm<T> Of(KubeResource<T> resource, bool keepManagedFields)
    {
        object form = typeof(T) == typeof(DynamicObject) ? new DynamicForm(resource)
            : typeof(T) == typeof(PartialObjectMetadata) ? new MetadataForm(resource, keepManagedFields)
            : new TypedForm<T>(resource, keepManagedFields);
        return (ObjectForm<T>)form;
    }

    /// <summary>Makes an object.</summary>
    /// <param name="json">It, as it came.</param>
    /// <param name="header">What has been seen of it.</param>
    /// <param name="content">It, without what is not kept.</param>
    /// <exception cref="Exception">The bytes are no such object.</exception>
    public abstract T Decode(ReadOnlySpan<byte> json, in ObjectHeader header, ReadOnlySpan<byte> content);

    public abstract ObjectKey KeyOf(T held);

    public abstract string? UidOf(T held);

    public abstract string? VersionOf(T held);

    /// <summary>The object in <paramref name="header"/> is the one that is held, in the version that is held.</summary>
    public abstract bool IsSame(T held, in ObjectHeader header);

    /// <summary>Two states of an object are the same version.</summary>
    public abstract bool IsSame(T held, T other);
}
