using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>The way of a written object up to where it can be stored, in the order of a Kubernetes API server.</summary>
internal static class Admission
{
    /// <summary>
    /// Brings an object that a client sent, or that a patch led to, into the kind's form, in place: unknown fields are taken out and defaults are
    /// set. Done before the object is compared with the live one.
    /// </summary>
    /// <param name="definition">The resource.</param>
    /// <param name="obj">The object.</param>
    /// <param name="isApplied">Whether server-side apply led to it: then nulls in a custom resource are left to validation.</param>
    /// <returns>The paths of the unknown fields, sorted: for <c>unknown field "spec.foo"</c>.</returns>
    public static IReadOnlyList<string> Normalize(ResourceDefinition definition, JsonObject obj, bool isApplied = false)
    {
        Defaulter.Apply(definition.Schema, obj, keepsNulls: isApplied && definition.Strategy is CustomResourceStrategy);
        var unknown = Pruner.Prune(definition.Schema, obj);
        if (definition.Strategy.PruneFurther(obj).ToList() is { Count: > 0 } further)
        {
            unknown = [.. unknown.Concat(further).Order(StringComparer.Ordinal)];
        }

        definition.Strategy.SetDefaults(obj);
        return unknown;
    }

    /// <summary>
    /// Validates an object, and lets its kind complete it in place where it is valid. The caller has set what the server sets
    /// (metadata, status or all but status), has called <see cref="ResourceStrategy.Prepare"/>, and validates metadata itself.
    /// <paramref name="old"/> is the live object, in <paramref name="definition"/>'s version; <see langword="null"/> for a create.
    /// </summary>
    public static IReadOnlyList<FieldError> Validate(ResourceDefinition definition, JsonObject obj, JsonObject? old)
    {
        var errors = SchemaValidator.Validate(definition.Schema, obj, old);

        // The checks of a built-in kind rely on the types of its fields.
        if (errors.Count == 0 || definition.Strategy is CustomResourceStrategy)
        {
            errors = [.. errors, .. definition.Strategy.Validate(obj, old)];
        }

        if (errors.Count == 0)
        {
            definition.Strategy.Complete(obj, old);
        }

        return errors;
    }
}
