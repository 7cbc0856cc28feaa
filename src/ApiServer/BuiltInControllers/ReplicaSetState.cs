using System.Globalization;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;

namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>A ReplicaSet as the controller of its Deployment sees it.</summary>
/// <param name="json">The latest version, which this object owns.</param>
internal sealed class ReplicaSetState(JsonObject json)
{
    public const string HashLabel = "pod-template-hash";
    public const string RevisionAnnotation = "deployment.kubernetes.io/revision";
    public const string DesiredAnnotation = "deployment.kubernetes.io/desired-replicas";
    public const string MaximumAnnotation = "deployment.kubernetes.io/max-replicas";

    public JsonObject Json { get; } = json;

    public string Name => Json["metadata"].Get("name").Text()!;

    /// <summary>In a form that sorts by time.</summary>
    public string Created => Json["metadata"].Get("creationTimestamp").Text()!;

    public bool IsDeleting => Json["metadata"].Get("deletionTimestamp") is not null;

    /// <summary>How many pods it shall have.</summary>
    public int Replicas => (int)(Json["spec"].Get("replicas").Integer() ?? 0);

    /// <summary>How many pods it has.</summary>
    public int Total => Number("replicas");

    public int Ready => Number("readyReplicas");

    public int Available => Number("availableReplicas");

    /// <summary>Whether its controller has seen its last change.</summary>
    public bool IsObserved => (Json["status"].Get("observedGeneration").Integer() ?? 0) >= Json["metadata"].Get("generation").Integer();

    /// <summary>The number of the rollout that it was last part of; 0 where it says none.</summary>
    public long Revision => Annotation(RevisionAnnotation) ?? 0;

    /// <summary>A number among its annotations.</summary>
    public long? Annotation(string name) =>
        long.TryParse(Json["metadata"].Get("annotations").Get(name).Text(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    /// <summary>Whether its pods are those of a Deployment's template.</summary>
    public bool HasTemplate(JsonNode? template)
    {
        var own = Json["spec"].Get("template")?.DeepClone();
        if (own.Get("metadata").Get("labels") is JsonObject labels)
        {
            labels.Remove(HashLabel);
        }

        return JsonNode.DeepEquals(own, template);
    }

    private int Number(string field) => (int)(Json["status"].Get(field).Integer() ?? 0);
}
