using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>The metadata of an object of any kind, where the rest is of no interest: the server is asked to send no more.</summary>
/// <remarks>Kind and apiVersion are those of the object, not of the shortened form. Cached ones are shared and must not be changed.</remarks>
public sealed class PartialObjectMetadata : IKubernetesObject<V1ObjectMeta>
{
    /// <inheritdoc/>
    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = "";

    /// <inheritdoc/>
    [JsonPropertyName("kind")]
    public string Kind { get; set; } = "";

    /// <inheritdoc/>
    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();

    /// <summary>The resource, its objects held as metadata alone: what an informer of metadata is asked for with.</summary>
    public static KubeResource<PartialObjectMetadata> Of(KubeResource resource) => new(resource, FormJson.Default.PartialObjectMetadata);
}
