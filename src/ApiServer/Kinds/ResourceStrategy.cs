using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>
/// What a kind adds to the common way of a write. The base class adds nothing. The way (<see cref="Admission"/>) is: defaults of the schema,
/// pruning, <see cref="PruneFurther"/>, <see cref="SetDefaults"/>, <see cref="Prepare"/>, validation by the schema, <see cref="Validate"/>,
/// <see cref="Complete"/>, <see cref="ConvertToStorage"/>. Strategies are shared by all requests and keep no state.
/// </summary>
internal class ResourceStrategy
{
    /// <summary>Whether an update need not say which version it replaces.</summary>
    public virtual bool AllowsUnconditionalUpdate => true;

    /// <summary>Whether an update of an object that is not there creates it.</summary>
    public virtual bool AllowsCreateOnUpdate => false;

    /// <summary>Whether objects have a <c>metadata.generation</c>, which counts the changes of what clients ask for.</summary>
    public virtual bool TracksGeneration => false;

    /// <summary>Why a name cannot be that of an object of this kind.</summary>
    public virtual IEnumerable<string> NameErrors(string name) => MetadataRules.SubdomainErrors(name);

    /// <summary>Whether an object that was deleted stays for a reason beside its finalizers.</summary>
    public virtual bool IsHeld(JsonObject obj) => false;

    /// <summary>Sets, in place, what the first deletion of a held object changes in it beside its deletionTimestamp.</summary>
    public virtual void PrepareForDeletion(JsonObject obj)
    {
    }

    /// <summary>Fills in what the kind defaults beyond its schema, in place.</summary>
    public virtual void SetDefaults(JsonObject obj)
    {
    }

    /// <summary>Takes out, in place, unknown fields that the kind's schema cannot tell, and returns their paths.</summary>
    public virtual IEnumerable<string> PruneFurther(JsonObject obj) => [];

    /// <summary>Sets, in place, what a client cannot. <paramref name="old"/> is <see langword="null"/> for a create.</summary>
    public virtual void Prepare(JsonObject obj, JsonObject? old)
    {
    }

    /// <summary>Checks what the kind's schema cannot say. <paramref name="old"/> is <see langword="null"/> for a create.</summary>
    public virtual IEnumerable<FieldError> Validate(JsonObject obj, JsonObject? old) => [];

    /// <summary>What the answer to a write says in <c>Warning</c> headers, beside unknown fields.</summary>
    public virtual IEnumerable<string> Warnings(JsonObject obj) => [];

    /// <summary>
    /// Sets, in place and before the object is stored, what follows from a valid object, such as the status of a CustomResourceDefinition.
    /// </summary>
    public virtual void Complete(JsonObject obj, JsonObject? old)
    {
    }

    /// <summary>Turns an object of <paramref name="definition"/>'s version into the one that is stored, in place.</summary>
    public virtual void ConvertToStorage(JsonObject obj, ResourceDefinition definition) => obj["apiVersion"] = definition.StorageApiVersion;

    /// <summary>Turns a stored object (whatever version it was stored in) into one of <paramref name="definition"/>'s version, in place.</summary>
    public virtual void ConvertFromStorage(JsonObject obj, ResourceDefinition definition) => obj["apiVersion"] = definition.ApiVersion;
}
