using System.Text.Json.Serialization;
using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.SampleOperator;

/// <summary>An application to run: an image, so and so many times. The custom resource that this operator reconciles.</summary>
/// <remarks>
/// Objects of this type come from the cache, which shares them: they are never changed. Members can be set all the same, for the serializer is fastest that way.
/// </remarks>
[KubernetesEntity(Group = ApiGroup, ApiVersion = ApiVersionName, Kind = KindName, PluralName = Plural)]
internal sealed class Application : IKubernetesObject<V1ObjectMeta>, IStatus<ApplicationStatus>
{
    public const string ApiGroup = "example.com";
    public const string ApiVersionName = "v1";
    public const string KindName = "Application";
    public const string Plural = "applications";

    /// <summary>Held by every Application from before its Deployment is created until its clean-up is done.</summary>
    public const string Finalizer = "application.example.com/finalizer";

    /// <summary>The resource <c>applications.example.com</c>.</summary>
    public static KubeResource<Application> Resource { get; } = new(ApplicationJson.Default.Application);

    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = $"{ApiGroup}/{ApiVersionName}";

    [JsonPropertyName("kind")]
    public string Kind { get; set; } = KindName;

    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();

    [JsonPropertyName("spec")]
    public ApplicationSpec Spec { get; set; } = new();

    [JsonPropertyName("status")]
    public ApplicationStatus? Status { get; set; }

    // KubernetesClient does not say it, but an object that nobody has reported on yet has no status.
    ApplicationStatus IStatus<ApplicationStatus>.Status
    {
        get => Status!;
        set => Status = value;
    }
}
