using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>
/// What a kind adds to the common way of a write. The base class adds nothing. The way (<see cref="Admission"/>) is: defaults of the schema,
/// pruning, <see cref="SetDefaults"/>, <see cref="Prepare"/>, validation by the schema, <see cref="Validate"/>, <see cref="Complete"/>,
/// <see cref="ConvertToStorage"/>. Strategies are shared by all requests and keep no state.
/// </summary>
internal class ResourceStrategy
{
    /// <summary>Fills in what the kind defaults beyond its schema, in place.</summary>
    public virtual void SetDefaults(JsonObject obj)
    {
    }

    /// <summary>Sets, in place, what a client cannot. <paramref name="old"/> is <see langword="null"/> for a create.</summary>
    public virtual void Prepare(JsonObject obj, JsonObject? old)
    {
    }

    /// <summary>Checks what the kind's schema cannot say. <paramref name="old"/> is <see langword="null"/> for a create.</summary>
    public virtual IEnumerable<FieldError> Validate(JsonObject obj, JsonObject? old) => [];

    /// <summary>What the answer to a write says in <c>Warning</c> headers, beside unknown fields.</summary>
    public virtual IEnumerable<string> Warnings(JsonObject obj) => [];

    /// <summary>Sets, in place and before the object is stored, what follows from a valid object, such as the status of a CustomResourceDefinition.</summary>
    public virtual void Complete(JsonObject obj, JsonObject? old)
    {
    }

    /// <summary>Turns an object of <paramref name="definition"/>'s version into the one that is stored, in place.</summary>
    public virtual void ConvertToStorage(JsonObject obj, ResourceDefinition definition) => obj["apiVersion"] = definition.StorageApiVersion;

    /// <summary>Turns a stored object (whatever version it was stored in) into one of <paramref name="definition"/>'s version, in place.</summary>
    public virtual void ConvertFromStorage(JsonObject obj, ResourceDefinition definition) => obj["apiVersion"] = definition.ApiVersion;
}
