using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace CrMonitor.SampleOperator;

/// <summary>An application to run: an image, so and so many times. The custom resource that this operator reconciles.</summary>
/// <remarks>Objects of this type come from the cache, which shares them: they are never changed.</remarks>
[KubernetesEntity(Group = ApiGroup, ApiVersion = ApiVersionName, Kind = KindName, PluralName = Plural)]
internal sealed class Application : IKubernetesObject<V1ObjectMeta>, IStatus<ApplicationStatus?>
{
    public const string ApiGroup = "example.com";
    public const string ApiVersionName = "v1";
    public const string KindName = "Application";
    public const string Plural = "applications";

    /// <summary>Held by every Application from before its Deployment is created until its clean-up is done.</summary>
    public const string Finalizer = "application.example.com/finalizer";

    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = $"{ApiGroup}/{ApiVersionName}";

    [JsonPropertyName("kind")]
    public string Kind { get; set; } = KindName;

    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();

    [JsonPropertyName("spec")]
    public ApplicationSpec Spec { get; init; } = new();

    [JsonPropertyName("status")]
    public ApplicationStatus? Status { get; set; }
}
