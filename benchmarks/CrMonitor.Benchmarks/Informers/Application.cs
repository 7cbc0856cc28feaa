using System.Text.Json.Serialization;
using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>
/// The typed form of what <see cref="Applications"/> makes: the same fields as the Go programs' struct, settable and without initial values as in
/// KubernetesClient's models.
/// </summary>
[KubernetesEntity(Group = "example.com", ApiVersion = "v1", Kind = "Application", PluralName = "applications")]
internal sealed class Application : IKubernetesObject<V1ObjectMeta>, IStatus<ApplicationStatus>
{
    public static KubeResource<Application> Resource { get; } = new(ApplicationJson.Default.Application);

    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = null!;

    [JsonPropertyName("kind")]
    public string Kind { get; set; } = null!;

    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = null!;

    [JsonPropertyName("spec")]
    public ApplicationSpec Spec { get; set; } = null!;

    [JsonPropertyName("status")]
    public ApplicationStatus Status { get; set; } = null!;
}
