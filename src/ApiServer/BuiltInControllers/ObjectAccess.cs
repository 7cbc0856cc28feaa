using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Storage;
using CrMonitor.ApiServer.Verbs;

namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>Gives the built-in controllers the store and the verbs of this server.</summary>
internal sealed class ObjectAccess(ObjectStore store, ResourceRegistry registry, ResourceWriter writer) : IObjectAccess
{
    public IReadOnlyList<ResourceDefinition> NamespacedResources =>
        [.. registry.All.Where(static d => d.IsNamespaced).DistinctBy(static d => d.StorageKey)];

    public async IAsyncEnumerable<ObjectChange> WatchAsync(
        IReadOnlyCollection<string>? storageKeys, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Of a resource that is served no more, the last definition still tells what its objects were.
        var definitions = new Dictionary<string, ResourceDefinition>(StringComparer.Ordinal);
        var (objects, cursor) = store.FollowAll(storageKeys is null ? ConcernsLinks : change => storageKeys.Contains(change.Table.StorageKey));
        using (cursor)
        {
            foreach (var (table, obj) in objects)
            {
                if ((storageKeys?.Contains(table.StorageKey) ?? true) && Show(ObjectChangeKind.Added, table, obj, obj.Revision) is { } added)
                {
                    yield return added;
                }
            }

            while (true)
            {
                var change = await cursor.ReadAsync(cancellationToken);
                var shown = change switch
                {
                    { Previous: null } => Show(ObjectChangeKind.Added, change.Table, change.Current!, change.Revision),
                    { Current: null } => Show(ObjectChangeKind.Deleted, change.Table, change.Previous, change.Revision),
                    _ => Show(ObjectChangeKind.Modified, change.Table, change.Current, change.Revision),
                };
                if (shown is not null)
                {
                    yield return shown;
                }
            }
        }

        ObjectChange? Show(ObjectChangeKind kind, ResourceTable table, StoredObject obj, long revision)
        {
            var served = registry.All.FirstOrDefault(d => d.StorageKey == table.StorageKey && d.ApiVersion == obj.ApiVersion)
                ?? registry.All.FirstOrDefault(d => d.StorageKey == table.StorageKey);
            if (served is not null)
            {
                definitions[table.StorageKey] = served;
            }

            return definitions.TryGetValue(table.StorageKey, out var definition)
                ? new ObjectChange(kind, definition, obj.Namespace, obj.Name, obj.Uid, revision, obj.Json)
                : null;
        }
    }

    public ResourceDefinition? FindKind(string group, string version, string kind) =>
        registry.FindKind(group, version, kind) ?? registry.All.FirstOrDefault(d => d.Group == group && d.Kind == kind);

    public JsonObject? Get(ResourceDefinition resource, string namespaceName, string name) =>
        store.Table(resource.StorageKey).Find(StoredObject.KeyOf(namespaceName, name)) is { } found ? ObjectForm.Parse(found, resource) : null;

    public IReadOnlyList<string> ListNames(ResourceDefinition resource, string namespaceName) =>
        [.. ListReader.InNamespace(store.Table(resource.StorageKey).Objects, namespaceName).Select(static o => o.Name)];

    public ValueTask<JsonObject> CreateAsync(ResourceDefinition resource, JsonObject obj, string fieldManager, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var created = writer.Create(resource, NamespaceOf(obj), Normalized(resource, obj), new WriteOptions { FieldManager = fieldManager });
        return ValueTask.FromResult(ObjectForm.Parse(created, resource));
    }

    public ValueTask<JsonObject> UpdateAsync(
        ResourceDefinition resource, JsonObject obj, string? subresource, string fieldManager, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var updated = writer.Update(
            resource,
            NamespaceOf(obj),
            obj["metadata"]!["name"]!.GetValue<string>(),
            subresource ?? "",
            _ => Normalized(resource, obj),
            namesVersion: false,
            new WriteOptions { FieldManager = fieldManager });
        return ValueTask.FromResult(ObjectForm.Parse(updated, resource));
    }

    public ValueTask DeleteAsync(
        ResourceDefinition resource, string namespaceName, string name, string? uid, string? propagationPolicy, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        writer.Delete(resource, namespaceName, name, new DeletionOptions { Uid = uid, PropagationPolicy = propagationPolicy });
        return ValueTask.CompletedTask;
    }

    private static bool ConcernsLinks(Change change) =>
        change is not { Previous: { } previous, Current: { } current } || ObjectLinks.AreIn(previous.Json.Span) || ObjectLinks.AreIn(current.Json.Span);

    private static JsonObject Normalized(ResourceDefinition resource, JsonObject obj)
    {
        var copy = (JsonObject)obj.DeepClone();
        Admission.Normalize(resource, copy);
        return copy;
    }

    private static string NamespaceOf(JsonObject obj) => obj["metadata"]!["namespace"]?.GetValue<string>() ?? "";
}
