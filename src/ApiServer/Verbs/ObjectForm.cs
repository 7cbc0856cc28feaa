using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Storage;

namespace CrMonitor.ApiServer.Verbs;

/// <summary>Shows stored objects in the version of a request.</summary>
internal static class ObjectForm
{
    /// <summary>The object in the version of <paramref name="definition"/>, as bytes. Nothing is copied where that is the stored version.</summary>
    public static ReadOnlyMemory<byte> Json(StoredObject obj, ResourceDefinition definition) =>
        obj.ApiVersion == definition.ApiVersion && obj.Revision > 0 ? obj.Json : ObjectEncoder.ToUtf8(Parse(obj, definition));

    /// <summary>The object in the version of <paramref name="definition"/>, as the caller's own.</summary>
    public static JsonObject Parse(StoredObject obj, ResourceDefinition definition)
    {
        var parsed = JsonText.ParseObject(obj.Json);
        if (obj.ApiVersion != definition.ApiVersion)
        {
            definition.Strategy.ConvertFromStorage(parsed, definition);
        }

        if (obj.Revision == 0)
        {
            // Never stored: the answer to a dry run of a create.
            ((JsonObject)parsed["metadata"]!).Remove("resourceVersion");
        }

        return parsed;
    }
}
