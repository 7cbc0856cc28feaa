using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>Makes owner references.</summary>
internal static class Owners
{
    /// <summary>The reference of an object to the one that controls it.</summary>
    public static JsonObject Controller(string apiVersion, string kind, string name, string uid) => new()
    {
        ["apiVersion"] = apiVersion,
        ["kind"] = kind,
        ["name"] = name,
        ["uid"] = uid,
        ["controller"] = true,
        ["blockOwnerDeletion"] = true,
    };
}
