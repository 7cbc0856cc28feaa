using System.Text.Json.Serialization.Metadata;
using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>A resource together with the .NET type of its objects and the (source-generated) contract that reads and writes them.</summary>
/// <typeparam name="T">The model: one of KubernetesClient's, or an own custom resource.</typeparam>
/// <remarks>Immutable; may be shared between threads.</remarks>
public sealed record KubeResource<T> : KubeResource
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>Binds <typeparamref name="T"/> to the resource that its <see cref="KubernetesEntityAttribute"/> names.</summary>
    /// <exception cref="InvalidOperationException"><typeparamref name="T"/> has no such attribute.</exception>
    public KubeResource(JsonTypeInfo<T> json)
        : this(Of(typeof(T)), json)
    {
    }

    /// <summary>Binds <typeparamref name="T"/> to <paramref name="resource"/>.</summary>
    public KubeResource(KubeResource resource, JsonTypeInfo<T> json)
        : base(resource)
    {
        ArgumentNullException.ThrowIfNull(json);
        Json = json;
    }

    /// <summary>Reads and writes one object.</summary>
    public JsonTypeInfo<T> Json { get; }

    /// <inheritdoc/>
    public override string ToString() => base.ToString();
}
