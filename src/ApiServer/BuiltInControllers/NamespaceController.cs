using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Kinds;
using Microsoft.Extensions.Logging;

namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>Empties a namespace that is being deleted, and lets it go when nothing is left in it.</summary>
internal sealed class NamespaceController(IObjectAccess access, TimeProvider time, ILogger<NamespaceController> logger)
    : BuiltInController<string>(access, time, logger)
{
    private const string Namespaces = "namespaces";
    private const string Finalizer = "kubernetes";

    // Of Observe alone: the namespaces that are being deleted.
    private readonly HashSet<string> _terminating = [];

    protected override IReadOnlyCollection<string>? ObservedKinds => null;

    protected override void Observe(ObjectChange change)
    {
        if (change.Resource.StorageKey == Namespaces)
        {
            if (change.Kind != ObjectChangeKind.Deleted && ObjectLinks.Read(change.Json).IsDeleting)
            {
                _terminating.Add(change.Name);
                Keys.Add(change.Name);
            }
            else
            {
                _terminating.Remove(change.Name);
            }
        }
        else if (change.Namespace.Length > 0 && _terminating.Contains(change.Namespace))
        {
            // It was the last one, perhaps; or it came although the namespace goes.
            Keys.Add(change.Namespace);
        }
    }

    protected override async ValueTask ReconcileAsync(string key, CancellationToken cancellationToken)
    {
        if (Access.FindKind("", "v1", "Namespace") is not { } resource
            || Access.Get(resource, "", key) is not { } obj
            || obj["metadata"].Get("deletionTimestamp") is null)
        {
            return;
        }

        foreach (var content in Access.NamespacedResources)
        {
            foreach (var name in Access.ListNames(content, key))
            {
                await DeleteAsync(content, key, name, cancellationToken);
            }
        }

        // What has finalizers is still there; the change that removes it leads here again.
        if (Access.NamespacedResources.All(content => Access.ListNames(content, key).Count == 0)
            && obj["spec"] is JsonObject spec
            && spec["finalizers"] is JsonArray finalizers
            && finalizers.RemoveAll(static finalizer => finalizer.Text() == Finalizer) > 0)
        {
            if (finalizers.Count == 0)
            {
                spec.Remove("finalizers");
            }

            await Access.UpdateAsync(resource, obj, "finalize", Manager, cancellationToken);
        }
    }

    private async ValueTask DeleteAsync(ResourceDefinition content, string ns, string name, CancellationToken cancellationToken)
    {
        try
        {
            await Access.DeleteAsync(content, ns, name, uid: null, "Background", cancellationToken);
        }
        catch (ApiException exception) when (exception.Code == 404)
        {
            // Somebody else deleted it meanwhile.
        }
    }
}
