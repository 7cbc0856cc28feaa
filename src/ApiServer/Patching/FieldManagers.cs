using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Patching;

/// <summary>The managers of one object while a write is worked out. Belongs to that write.</summary>
internal sealed class FieldManagers
{
    private const int MaxUpdateManagers = 10;
    private const string OldUpdatesManager = "ancient-changes";

    // What every object has and nobody owns.
    private static readonly FieldSet Unowned = FieldSet.Of(
        ["apiVersion"],
        ["kind"],
        ["metadata"],
        ["metadata", "name"],
        ["metadata", "namespace"],
        ["metadata", "creationTimestamp"],
        ["metadata", "selfLink"],
        ["metadata", "uid"],
        ["metadata", "clusterName"],
        ["metadata", "generation"],
        ["metadata", "managedFields"],
        ["metadata", "resourceVersion"]);

    private readonly Dictionary<string, ManagedFieldsEntry> _entries = [];

    public bool IsEmpty => _entries.Count == 0;

    public IEnumerable<ManagedFieldsEntry> Entries => _entries.Values;

    /// <summary>Reads <c>metadata.managedFields</c> of an object.</summary>
    /// <param name="managedFields">The entries.</param>
    /// <param name="checksFields">Whether the fields are read at once; those that this server wrote need no check.</param>
    /// <exception cref="FormatException">An entry is malformed.</exception>
    public static FieldManagers Parse(JsonArray? managedFields, bool checksFields = false)
    {
        var managers = new FieldManagers();
        if (managedFields is not null)
        {
            for (var i = 0; i < managedFields.Count; i++)
            {
                var entry = ManagedFieldsEntry.Parse(managedFields[i], i);
                managers.Put(entry);
                if (checksFields)
                {
                    _ = entry.Fields;
                }
            }
        }

        return managers;
    }

    public ManagedFieldsEntry? Find(ManagedFieldsEntry same) => _entries.GetValueOrDefault(same.Identity);

    public void Put(ManagedFieldsEntry entry) => _entries[entry.Identity] = entry;

    /// <summary>Puts the entry without what nobody owns; nothing is left of one that is empty then.</summary>
    public void PutOwn(ManagedFieldsEntry entry)
    {
        var fields = entry.Fields.Except(Unowned);
        if (fields.IsEmpty)
        {
            _entries.Remove(entry.Identity);
        }
        else
        {
            Put(entry with { Fields = fields });
        }
    }

    /// <summary>Forgets the managers of versions that are served no more.</summary>
    public void DropObsolete(FieldManagerContext context)
    {
        foreach (var entry in _entries.Values.Where(entry => context.SchemaOf(entry.ApiVersion) is null).ToList())
        {
            _entries.Remove(entry.Identity);
        }
    }

    /// <summary>Notes a write that was not an apply: the writer owns what changed, the others no longer do.</summary>
    public void NoteUpdate(JsonObject? live, JsonObject updated, FieldManagerContext context, string manager)
    {
        var before = live ?? [];
        var comparisons = new VersionedComparisons(before, updated, context);
        var comparison = comparisons.Own;
        if (comparison.IsSame)
        {
            return;
        }

        var own = comparison.Changed.Except(Unowned);
        var written = new ManagedFieldsEntry
        {
            Manager = manager,
            IsApply = false,
            ApiVersion = context.ApiVersion,
            Subresource = context.Subresource ?? "",
            Time = ManagedFieldsEntry.Format(context.Now),
            Fields = own,
        };

        // Who writes again what it owns, and removes nothing of it, keeps its fields: most writes do, and they need not be read then.
        var owner = Find(written);
        if (owner is not null && (own.IsEmpty || !owner.SurelyOwns(own) || owner.MayOwn(comparison.Removed) || owner.MayOwn(Unowned)))
        {
            owner = null;
        }

        foreach (var entry in _entries.Values.ToList())
        {
            var (changed, removed) = comparisons.For(entry.ApiVersion);
            if (!ReferenceEquals(entry, owner) && (entry.MayOwn(changed) || entry.MayOwn(removed)))
            {
                Keep(entry, entry.Fields.Except(changed).Except(removed));
            }
        }

        if (owner is not null)
        {
            Put(owner with { Time = written.Time });
        }
        else if (!own.IsEmpty)
        {
            Put(Find(written) is { } previous ? written with { Fields = own.Union(previous.Fields) } : written);
        }
    }

    /// <summary>Takes from all but the applier what an apply changes or removes.</summary>
    /// <returns>The fields that others own and the apply changes.</returns>
    public List<(ManagedFieldsEntry Owner, PathElement[] Path)> NoteApply(
        JsonObject live, JsonObject merged, FieldManagerContext context, ManagedFieldsEntry applier)
    {
        var conflicts = new List<(ManagedFieldsEntry Owner, PathElement[] Path)>();
        var comparisons = new VersionedComparisons(live, merged, context);
        foreach (var entry in _entries.Values.OrderBy(static entry => entry.Identity, StringComparer.Ordinal).ToList())
        {
            if (entry.Identity != applier.Identity)
            {
                var (changed, removed) = comparisons.For(entry.ApiVersion);
                var conflict = entry.Fields.Intersection(changed);
                conflicts.AddRange(conflict.Paths().Select(path => (entry, path)));
                Keep(entry, entry.Fields.Except(conflict).Except(removed));
            }
        }

        return conflicts;
    }

    /// <summary>Merges the oldest entries of updates until no more are left than Kubernetes keeps.</summary>
    public void Cap()
    {
        var updates = _entries.Values.Where(static entry => !entry.IsApply).ToList();
        if (updates.Count <= MaxUpdateManagers)
        {
            return;
        }

        var count = updates.Count;
        var firstOfVersion = new Dictionary<string, ManagedFieldsEntry>();
        foreach (var entry in updates.OrderBy(static entry => entry.Seconds()).ThenBy(static entry => entry.Identity, StringComparer.Ordinal))
        {
            if (count <= MaxUpdateManagers)
            {
                break;
            }

            if (firstOfVersion.TryAdd(entry.ApiVersion, entry))
            {
                continue;
            }

            var bucket = entry with { Manager = OldUpdatesManager, Subresource = "" };
            if (Find(bucket) is not { } existing)
            {
                existing = firstOfVersion[entry.ApiVersion];
                _entries.Remove(existing.Identity);
            }

            _entries.Remove(entry.Identity);
            Put(bucket with { Fields = entry.Fields.Union(existing.Fields) });
            count--;
        }
    }

    /// <summary>Appliers first, then by time, then by name.</summary>
    public JsonArray ToJson()
    {
        var sorted = _entries.Values
            .OrderBy(static entry => entry.IsApply ? 0 : 1)
            .ThenBy(static entry => entry.Seconds())
            .ThenBy(static entry => entry.Manager, StringComparer.Ordinal)
            .ThenBy(static entry => entry.ApiVersion, StringComparer.Ordinal)
            .ThenBy(static entry => entry.Subresource, StringComparer.Ordinal);
        return new JsonArray([.. sorted.Select(static entry => (JsonNode)entry.ToJson())]);
    }

    private void Keep(ManagedFieldsEntry entry, FieldSet fields)
    {
        if (fields.IsEmpty)
        {
            _entries.Remove(entry.Identity);
        }
        else if (!ReferenceEquals(fields, entry.Fields))
        {
            _entries[entry.Identity] = entry with { Fields = fields };
        }
    }

    /// <summary>
    /// What a write changes, in each version in which somebody wrote. All versions have the same fields, but may group them differently.
    /// </summary>
    private sealed class VersionedComparisons
    {
        private readonly Dictionary<string, ObjectComparison> _others = [];
        private readonly JsonObject _before;
        private readonly JsonObject _after;
        private readonly FieldManagerContext _context;

        public VersionedComparisons(JsonObject before, JsonObject after, FieldManagerContext context)
        {
            _before = before;
            _after = after;
            _context = context;
            Own = ObjectComparison.Compare(before, after, SchemaPosition.OfResource(context.Schema)).Without(context.ResetFields);
        }

        public ObjectComparison Own { get; }

        public ObjectComparison For(string apiVersion)
        {
            if (apiVersion == _context.ApiVersion)
            {
                return Own;
            }

            if (!_others.TryGetValue(apiVersion, out var comparison))
            {
                var schema = _context.SchemaOf(apiVersion) ?? _context.Schema;
                comparison = ReferenceEquals(schema, _context.Schema)
                    ? Own
                    : ObjectComparison.Compare(_before, _after, SchemaPosition.OfResource(schema)).Without(_context.ResetFields);
                _others.Add(apiVersion, comparison);
            }

            return comparison;
        }
    }
}
