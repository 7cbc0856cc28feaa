using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Patching;

/// <summary>The schema of <c>metadata</c>, which is the same for every kind: labels and annotations merge by key, finalizers are a set, owners are told apart by uid.</summary>
internal static class ObjectMetaSchema
{
    public static readonly StructuralSchema Instance = Create();

    private static StructuralSchema Create()
    {
        var text = new StructuralSchema { Type = "string" };
        var integer = new StructuralSchema { Type = "integer" };
        var time = new StructuralSchema { Type = "string", Format = "date-time" };
        var boolean = new StructuralSchema { Type = "boolean" };
        var texts = new StructuralSchema { Type = "object", AdditionalProperties = text };
        var ownerReference = new StructuralSchema
        {
            Type = "object",
            IsAtomicMap = true,
            Properties = new Dictionary<string, StructuralSchema>
            {
                ["apiVersion"] = text,
                ["blockOwnerDeletion"] = boolean,
                ["controller"] = boolean,
                ["kind"] = text,
                ["name"] = text,
                ["uid"] = text,
            },
        };
        return new StructuralSchema
        {
            Type = "object",
            Properties = new Dictionary<string, StructuralSchema>
            {
                ["annotations"] = texts,
                ["creationTimestamp"] = time,
                ["deletionGracePeriodSeconds"] = integer,
                ["deletionTimestamp"] = time,
                ["finalizers"] = new() { Type = "array", ListType = "set", Items = text },
                ["generateName"] = text,
                ["generation"] = integer,
                ["labels"] = texts,
                ["managedFields"] = new() { Type = "array", Items = new StructuralSchema { Type = "object", PreservesUnknownFields = true } },
                ["name"] = text,
                ["namespace"] = text,
                ["ownerReferences"] = new() { Type = "array", ListType = "map", ListMapKeys = ["uid"], PatchMergeKey = "uid", Items = ownerReference },
                ["resourceVersion"] = text,
                ["selfLink"] = text,
                ["uid"] = text,
            },
        };
    }
}
