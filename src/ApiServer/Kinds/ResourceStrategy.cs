using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>What a kind adds to the common way of a write. The base class is the plain custom resource.</summary>
internal class ResourceStrategy
{
    /// <summary>Fills in what the kind defaults beyond its schema, in place.</summary>
    public virtual void SetDefaults(JsonObject obj)
    {
    }

    /// <summary>Checks what the kind's schema cannot say. <paramref name="old"/> is <see langword="null"/> for a create.</summary>
    public virtual IEnumerable<FieldError> Validate(JsonObject obj, JsonObject? old) => [];
}
