using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Storage;

namespace CrMonitor.ApiServer.Verbs;

/// <summary>Serves what the CustomResourceDefinitions say, and deletes the objects of one before it goes itself.</summary>
/// <remarks>It works on the threads of the writers: when a definition has been written, it is served.</remarks>
internal sealed class CustomResourceServing
{
    private static readonly WriteOptions Own = new() { FieldManager = "crmonitor" };

    // One definition is read and served at a time, so that the last one served is the last one written.
    private readonly Lock _gate = new();
    private readonly ObjectStore _store;
    private readonly ResourceRegistry _registry;
    private readonly ResourceWriter _writer;
    private readonly ResourceDefinition _definitions;

    public CustomResourceServing(ObjectStore store, ResourceRegistry registry, ResourceWriter writer)
    {
        (_store, _registry, _writer) = (store, registry, writer);
        _definitions = registry.Find("apiextensions.k8s.io", "v1", "customresourcedefinitions")!;
        writer.Written += OnWritten;
    }

    private void OnWritten(ResourceDefinition definition, string key)
    {
        if (definition.StorageKey == _definitions.StorageKey)
        {
            Serve(key);
        }
        else if (_writer.Terminating.ContainsKey(definition.StorageKey))
        {
            Finish(definition.StorageKey);
        }
    }

    private void Serve(string name)
    {
        bool isTerminating;
        lock (_gate)
        {
            if (_store.Table(_definitions.StorageKey).Find(name) is not { } stored)
            {
                _registry.Remove(name);
                _store.Table(name).EndCursors();
                _writer.Terminating.TryRemove(name, out _);
                return;
            }

            _store.Open(name);
            var obj = JsonText.ParseObject(stored.Json);
            _registry.Apply(obj);
            isTerminating = obj["metadata"]!["deletionTimestamp"] is not null;
        }

        if (isTerminating && _writer.Terminating.TryAdd(name, true))
        {
            Empty(name);
            Finish(name);
        }
    }

    private void Empty(string name)
    {
        var served = _registry.All.FirstOrDefault(d => d.StorageKey == name);
        foreach (var obj in served is null ? [] : _store.Table(name).Objects)
        {
            try
            {
                _writer.Delete(served!, obj.Namespace, obj.Name, new DeletionOptions());
            }
            catch (ApiException e) when (e.Reason == "NotFound")
            {
                // It has gone by itself.
            }
        }
    }

    private void Finish(string name)
    {
        if (!_store.Table(name).Objects.IsEmpty)
        {
            return;
        }

        try
        {
            _writer.Update(_definitions, "", name, "", RemoveFinalizer, namesVersion: false, Own);
        }
        catch (ApiException e) when (e.Reason == "NotFound")
        {
            // The last object went twice, from two threads.
        }
    }

    private static JsonObject RemoveFinalizer(JsonObject definition)
    {
        var metadata = (JsonObject)definition["metadata"]!;
        var kept = MetadataRules.Texts(metadata, "finalizers").Where(static f => f != CustomResourceDefinitionStrategy.CleanupFinalizer);
        metadata["finalizers"] = new JsonArray([.. kept.Select(static f => JsonValue.Create(f))]);
        return definition;
    }
}
