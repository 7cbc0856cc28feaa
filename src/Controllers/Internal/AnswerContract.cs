using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>The user's contract for a type, without <c>managedFields</c>: they would be a third of the work to read an answer, and nobody reads them.</summary>
internal static class AnswerContract
{
    private static readonly ConditionalWeakTable<JsonSerializerOptions, JsonSerializerOptions> Known = [];

    public static JsonTypeInfo<T> Of<T>(JsonTypeInfo<T> json)
    {
        // A contract that its options do not know was made by hand. There is no other way to have it than as it is.
        if (json.Options.TypeInfoResolver is null || !json.Options.TryGetTypeInfo(typeof(T), out var known) || !ReferenceEquals(known, json))
        {
            return json;
        }

        return (JsonTypeInfo<T>)Known.GetValue(json.Options, Adapt).GetTypeInfo(typeof(T));
    }

    private static JsonSerializerOptions Adapt(JsonSerializerOptions original) =>
        new(original) { TypeInfoResolver = original.TypeInfoResolver!.WithAddedModifier(LeaveOut) };

    private static void LeaveOut(JsonTypeInfo contract)
    {
        if (contract.Type == typeof(V1ObjectMeta) && contract.Properties.FirstOrDefault(property => property.Name == "managedFields") is { } found)
        {
            contract.Properties.Remove(found);
        }
    }
}
