using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Patching;
using CrMonitor.ApiServer.Schema;
using CrMonitor.ApiServer.Storage;

namespace CrMonitor.ApiServer.Verbs;

/// <summary>Creates, changes and deletes objects, as the requests of clients and the built-in controllers ask for it.</summary>
/// <remarks>
/// A change is worked out on a version that was read, and is stored if that is still the latest; else it is worked out again, or refused
/// if the client named the version. May be used from any thread.
/// </remarks>
internal sealed class ResourceWriter(ObjectStore store, ResourceRegistry registry)
{
    private const string NameSuffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";
    private const int NameSuffixLength = 5;
    private const int MaximumGeneratedNameBase = 58;
    private const int NameAttempts = 8;
    private const int MaximumObjectLength = 3 * 512 * 1024;
    private const int MaximumMessageLength = 2 * 1024 * 1024;

    /// <summary>Is told after each write, on the thread of the writer: the resource, and the key of the object.</summary>
    public event Action<ResourceDefinition, string>? Written;

    /// <summary>The resources (by storage key) whose definitions are being deleted: no objects are created any more.</summary>
    public ConcurrentDictionary<string, bool> Terminating { get; } = new(StringComparer.Ordinal);

    /// <summary>Stores a new object.</summary>
    /// <param name="definition">The resource, in the version of <paramref name="obj"/>.</param>
    /// <param name="ns">The namespace of the request.</param>
    /// <param name="obj">A decoded object, which this method owns from now on.</param>
    /// <param name="options">How to write it.</param>
    /// <exception cref="ApiException">The object is refused.</exception>
    public StoredObject Create(ResourceDefinition definition, string ns, JsonObject obj, WriteOptions options)
    {
        var metadata = (JsonObject)obj["metadata"]!;
        CheckNamespace(definition, ns, metadata);
        if (ulong.TryParse(MetadataRules.Text(metadata, "resourceVersion"), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            && version > 0)
        {
            throw ApiErrors.Unclassified("resourceVersion should not be set on objects to be created");
        }

        ObjectDecoder.CheckKind(obj, definition);
        return Insert(definition, ns, obj, options, manages: true);
    }

    /// <summary>Replaces an object, or the part of it that <paramref name="subresource"/> is.</summary>
    /// <param name="definition">The resource, in the version of the objects that <paramref name="change"/> gets and returns.</param>
    /// <param name="ns">The namespace of the request.</param>
    /// <param name="name">The object's name.</param>
    /// <param name="subresource"><c>status</c>, <c>finalize</c>, or empty for the object itself.</param>
    /// <param name="change">Makes the new object out of (a copy of) the latest version. It may be called several times.</param>
    /// <param name="namesVersion">
    /// Whether the new object comes from a client, who says which object and version it replaces, rather than from <paramref name="change"/>'s own
    /// doing.
    /// </param>
    /// <param name="options">How to write it.</param>
    /// <exception cref="ApiException">The object is not there, is not the version that the new one replaces, or the new one is refused.</exception>
    public StoredObject Update(
        ResourceDefinition definition, string ns, string name, string subresource, Func<JsonObject, JsonObject> change, bool namesVersion, WriteOptions options)
    {
        return Replace(definition, ns, name, subresource, change, namesVersion, manages: true, options)
            ?? throw ApiErrors.NotFound(definition.Group, definition.Plural, name);
    }

    /// <summary>Replaces an object, or creates it where the kind allows that.</summary>
    /// <param name="definition">The resource, in the version of <paramref name="obj"/>.</param>
    /// <param name="ns">The namespace of the request.</param>
    /// <param name="name">The object's name.</param>
    /// <param name="obj">A decoded object of that name.</param>
    /// <param name="options">How to write it.</param>
    /// <returns>The object, and whether it is new.</returns>
    /// <exception cref="ApiException">The object is not there, is not the version that the new one replaces, or the new one is refused.</exception>
    public (StoredObject Object, bool IsNew) UpdateOrCreate(
        ResourceDefinition definition, string ns, string name, JsonObject obj, WriteOptions options)
    {
        while (true)
        {
            var replaced = Replace(definition, ns, name, "", _ => (JsonObject)obj.DeepClone(), namesVersion: true, manages: true, options);
            if (replaced is not null)
            {
                return (replaced, false);
            }

            if (!definition.Strategy.AllowsCreateOnUpdate)
            {
                throw ApiErrors.NotFound(definition.Group, definition.Plural, name);
            }

            try
            {
                return (Insert(definition, ns, (JsonObject)obj.DeepClone(), options, manages: true), true);
            }
            catch (ApiException e) when (e.Reason == "AlreadyExists")
            {
                // Somebody else created it after it had been looked for: now it can be replaced.
            }
        }
    }

    /// <summary>Server-side apply: creates the object, or merges <paramref name="applied"/> into it.</summary>
    /// <returns>The object, and whether it is new.</returns>
    /// <exception cref="ApiException">Another manager owns a field that is applied with another value, or the outcome is refused.</exception>
    public (StoredObject Object, bool IsNew) Apply(
        ResourceDefinition definition, string ns, string name, string subresource, JsonObject applied, WriteOptions options)
    {
        while (true)
        {
            var replaced = Replace(
                definition, ns, name, subresource, live => Merge(definition, live, applied, subresource, options), namesVersion: false, manages: false, options);
            if (replaced is not null)
            {
                return (replaced, false);
            }

            if (subresource.Length > 0)
            {
                throw ApiErrors.NotFound(definition.Group, definition.Plural, name);
            }

            if (applied["metadata"] is JsonObject metadata && MetadataRules.Text(metadata, "uid") is { Length: > 0 } uid)
            {
                throw ApiErrors.Conflict(
                    definition.Group, definition.Plural, name, $"uid mismatch: the provided object specified uid {uid}, and no existing object was found");
            }

            var created = Merge(definition, null, applied, subresource, options);
            var version = MetadataRules.Text((JsonObject)created["metadata"]!, "resourceVersion");
            if (version.Length > 0 && !ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                throw ApiErrors.Unclassified(ApiErrors.NotANumber("ParseUint", version));
            }

            ((JsonObject)created["metadata"]!).Remove("resourceVersion");
            try
            {
                return (Insert(definition, ns, created, options, manages: false), true);
            }
            catch (ApiException e) when (e.Reason == "AlreadyExists")
            {
                // Somebody else created it after it had been looked for: now it can be merged.
            }
        }
    }

    /// <summary>Deletes an object; one with finalizers is marked, and goes when they are gone.</summary>
    /// <returns>The last version of the object, and whether it is gone.</returns>
    /// <exception cref="ApiException">The object is not there, or a precondition does not hold.</exception>
    public (StoredObject Object, bool IsGone) Delete(ResourceDefinition definition, string ns, string name, DeletionOptions options)
    {
        var table = store.Table(definition.StorageKey);
        while (true)
        {
            var existing = table.Find(StoredObject.KeyOf(ns, name)) ?? throw ApiErrors.NotFound(definition.Group, definition.Plural, name);
            CheckPreconditions(definition, existing, options);

            var obj = JsonText.ParseObject(existing.Json);
            var metadata = (JsonObject)obj["metadata"]!;
            var finalizersChanged = SetPropagation(metadata, options.PropagationPolicy);
            if (!IsHeld(definition, obj))
            {
                if (options.IsDryRun)
                {
                    return (existing, true);
                }

                if (store.TryDelete(table, existing) is not null)
                {
                    Written?.Invoke(definition, existing.Key);
                    return (existing, true);
                }

                continue;
            }

            if (MetadataRules.Text(metadata, "deletionTimestamp").Length > 0 && !finalizersChanged)
            {
                return (existing, false);
            }

            if (MetadataRules.Text(metadata, "deletionTimestamp").Length == 0)
            {
                metadata["deletionTimestamp"] = Now();
                metadata["deletionGracePeriodSeconds"] = 0;
                if (metadata["generation"] is { } generation)
                {
                    metadata["generation"] = generation.GetValue<long>() + 1;
                }

                definition.Strategy.PrepareForDeletion(obj);
            }

            var draft = Encode(obj, existing);
            if (options.IsDryRun)
            {
                return (draft.WithRevision(existing.Revision), false);
            }

            if (store.TryWrite(table, existing, draft) is { } marked)
            {
                Written?.Invoke(definition, existing.Key);
                return (marked, false);
            }
        }
    }

    /// <summary>Stores an object as it is, over the one that is there.</summary>
    /// <param name="definition">The resource, in the version of <paramref name="obj"/>.</param>
    /// <param name="obj">An object with a name, which this method owns from now on.</param>
    public StoredObject Put(ResourceDefinition definition, JsonObject obj)
    {
        var metadata = (JsonObject)obj["metadata"]!;
        if (!definition.IsNamespaced)
        {
            metadata.Remove("namespace");
        }
        else if (MetadataRules.Text(metadata, "namespace").Length == 0)
        {
            metadata["namespace"] = "default";
        }

        definition.Strategy.ConvertToStorage(obj, definition);
        var (hasUid, hasTime) = (metadata["uid"] is not null, metadata["creationTimestamp"] is not null);
        var table = store.Table(definition.StorageKey);
        var key = StoredObject.KeyOf(MetadataRules.Text(metadata, "namespace"), MetadataRules.Text(metadata, "name"));
        while (true)
        {
            var existing = table.Find(key);
            if (!hasUid)
            {
                metadata["uid"] = existing?.Uid ?? Guid.NewGuid().ToString();
            }

            if (!hasTime)
            {
                metadata["creationTimestamp"] = existing is null ? Now() : JsonText.FindText(existing.Json.Span, ["metadata", "creationTimestamp"]);
            }

            if (store.TryWrite(table, existing, Encode(obj, existing)) is { } written)
            {
                Written?.Invoke(definition, written.Key);
                return written;
            }
        }
    }

    /// <summary>Takes an object away, whatever its finalizers.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Remove(ResourceDefinition definition, string ns, string name)
    {
        var table = store.Table(definition.StorageKey);
        while (table.Find(StoredObject.KeyOf(ns, name)) is { } existing)
        {
            if (store.TryDelete(table, existing) is not null)
            {
                Written?.Invoke(definition, existing.Key);
                return true;
            }
        }

        return false;
    }

    /// <summary>Refuses an object of another namespace than that of the request, and writes that of the request into it.</summary>
    public static void CheckNamespace(ResourceDefinition definition, string ns, JsonObject metadata)
    {
        var own = MetadataRules.Text(metadata, "namespace");
        if (!definition.IsNamespaced)
        {
            metadata.Remove("namespace");
        }
        else if (own.Length == 0)
        {
            metadata["namespace"] = ns;
        }
        else if (own != ns)
        {
            throw ApiErrors.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        }
    }

    // The limits are those of etcd: of what it stores at once, and of what is sent to it at all.
    private static void CheckSize(StoredObject draft)
    {
        if (draft.LengthWithoutVersion > MaximumMessageLength)
        {
            throw ApiErrors.Unclassified(
                $"rpc error: code = ResourceExhausted desc = trying to send message larger than max ({draft.LengthWithoutVersion} vs. {MaximumMessageLength})");
        }

        if (draft.LengthWithoutVersion > MaximumObjectLength)
        {
            throw ApiErrors.Unclassified("etcdserver: request is too large");
        }
    }

    private JsonObject Merge(ResourceDefinition definition, JsonObject? live, JsonObject applied, string subresource, WriteOptions options) =>
        ServerSideApply.Apply(live, applied, FieldManager(definition, subresource, options));

    private FieldManagerContext FieldManager(ResourceDefinition definition, string subresource, WriteOptions options) => new()
    {
        Schema = definition.Schema,
        ApiVersion = definition.ApiVersion,
        Kind = definition.Kind,
        Manager = options.FieldManager,
        Now = store.Time.GetUtcNow(),
        Subresource = subresource.Length == 0 ? null : subresource,
        HasStatus = definition.HasStatus,
        IsCustomResource = definition.Strategy is CustomResourceStrategy,
        Force = options.IsForced,
        FindSchema = apiVersion => registry.FindKind(definition.Group, apiVersion[(apiVersion.IndexOf('/', StringComparison.Ordinal) + 1)..], definition.Kind)?.Schema,
    };

    private StoredObject Insert(ResourceDefinition definition, string ns, JsonObject obj, WriteOptions options, bool manages)
    {
        var metadata = (JsonObject)obj["metadata"]!;
        CheckNamespace(definition, ns, metadata);
        CheckNamespaceAccepts(definition, ns, MetadataRules.Text(metadata, "name"));
        if (Terminating.ContainsKey(definition.StorageKey))
        {
            throw new ApiException(405, "MethodNotAllowed", "create not allowed while custom resource definition is terminating")
            {
                Details = ApiErrors.MethodNotAllowed(definition.Group, definition.Plural, "create").Details,
            };
        }


        var prefix = MetadataRules.Text(metadata, "generateName");
        var isGenerated = prefix.Length > 0 && MetadataRules.Text(metadata, "name").Length == 0;
        if (isGenerated)
        {
            metadata["name"] = GenerateName(prefix);
        }

        foreach (var field in (ReadOnlySpan<string>)["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"])
        {
            metadata.Remove(field);
        }

        metadata["uid"] = Guid.NewGuid().ToString();
        metadata["creationTimestamp"] = Now();
        if (definition.Strategy.TracksGeneration)
        {
            metadata["generation"] = 1;
        }

        if (definition.HasStatus)
        {
            obj.Remove("status");
        }

        if (MetadataRules.DropRepeatedOwners(metadata) is { } dropped)
        {
            options.Warnings.Add(dropped);
        }

        // Once more, since a kind may take defaults from the name; what is applied comes here first.
        Admission.Normalize(definition, obj, isApplied: !manages);
        definition.Strategy.Prepare(obj, null);
        if (manages)
        {
            ManagedFields.Update(null, obj, FieldManager(definition, "", options));
        }

        Validate(definition, "", obj, null, options);
        DropNulls(definition, obj, isApplied: !manages);
        definition.Strategy.ConvertToStorage(obj, definition);

        var table = store.Table(definition.StorageKey);
        for (var attempt = 1; ; attempt++)
        {
            var draft = Encode(obj, null);
            CheckSize(draft);
            if (options.IsDryRun && table.Find(draft.Key) is null)
            {
                return draft;
            }

            if (!options.IsDryRun && store.TryWrite(table, null, draft) is { } written)
            {
                Written?.Invoke(definition, written.Key);
                return written;
            }

            if (!isGenerated || attempt == NameAttempts)
            {
                var isDying = table.Find(draft.Key) is { } taken && JsonText.FindText(taken.Json.Span, ["metadata", "deletionTimestamp"]).Length > 0;
                throw ApiErrors.AlreadyExists(definition.Group, definition.Plural, draft.Name, isDying ? "object is being deleted: " : "");
            }

            metadata["name"] = GenerateName(prefix);
        }
    }

    private StoredObject? Replace(
        ResourceDefinition definition,
        string ns,
        string name,
        string subresource,
        Func<JsonObject, JsonObject> change,
        bool namesVersion,
        bool manages,
        WriteOptions options)
    {
        var table = store.Table(definition.StorageKey);
        while (true)
        {
            if (table.Find(StoredObject.KeyOf(ns, name)) is not { } existing)
            {
                return null;
            }

            var live = ObjectForm.Parse(existing, definition);
            var obj = change((JsonObject)live.DeepClone());
            CheckVersion(definition, existing, obj, namesVersion);
            obj = PrepareReplacement(definition, ns, name, subresource, live, obj, manages, options);
            if (definition.Strategy.TracksGeneration && IsNewGeneration(definition, live, obj))
            {
                var generation = live["metadata"]!["generation"] is { } old ? old.GetValue<long>() : 0;
                ((JsonObject)obj["metadata"]!)["generation"] = generation + 1;
            }

            if (ManagedFields.KeepTimesIfUnchanged(live, obj))
            {
                return existing;
            }

            definition.Strategy.ConvertToStorage(obj, definition);
            var draft = Encode(obj, existing);
            CheckSize(draft);
            if (options.IsDryRun)
            {
                return draft.WithRevision(existing.Revision);
            }

            if (MetadataRules.Text((JsonObject)obj["metadata"]!, "deletionTimestamp").Length > 0 && !IsHeld(definition, obj))
            {
                // The last finalizer is gone, and with it the object. Watches see the version before this update.
                if (store.TryDelete(table, existing) is not null)
                {
                    Written?.Invoke(definition, existing.Key);
                    return draft.WithRevision(existing.Revision);
                }
            }
            else if (store.TryWrite(table, existing, draft) is { } written)
            {
                Written?.Invoke(definition, existing.Key);
                return written;
            }

            // Another write came first: worked out again, a change of what is there now succeeds, and one of a version that is named is a conflict.
        }
    }

    private JsonObject PrepareReplacement(
        ResourceDefinition definition, string ns, string name, string subresource, JsonObject live, JsonObject obj, bool manages, WriteOptions options)
    {
        var metadata = (JsonObject)obj["metadata"]!;
        CheckNamespace(definition, ns, metadata);
        if (subresource != "status")
        {
            // Of a write of the status, only the status is looked at.
            ObjectDecoder.CheckKind(obj, definition);
        }

        var oldMetadata = (JsonObject)live["metadata"]!;
        if (MetadataRules.Text(metadata, "uid").Length == 0)
        {
            metadata["uid"] = MetadataRules.Text(oldMetadata, "uid");
        }

        foreach (var field in (ReadOnlySpan<string>)["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "resourceVersion"])
        {
            if (field is "deletionTimestamp" or "deletionGracePeriodSeconds" && metadata[field] is not null && IsRefusedIfSet(field, oldMetadata))
            {
                // Validation refuses what a client must not set.
                continue;
            }

            if (oldMetadata[field] is { } value)
            {
                metadata[field] = value.DeepClone();
            }
            else
            {
                metadata.Remove(field);
            }
        }

        if (MetadataRules.DropRepeatedOwners(metadata) is { } dropped)
        {
            options.Warnings.Add(dropped);
        }

        if (!manages)
        {
            Admission.Normalize(definition, obj, isApplied: true);
        }

        obj = KeepToPart(definition, subresource, live, obj);
        if (subresource.Length == 0)
        {
            definition.Strategy.Prepare(obj, live);
        }

        if (manages)
        {
            ManagedFields.Update(live, obj, FieldManager(definition, subresource, options));
        }

        Validate(definition, subresource, obj, live, options);
        DropNulls(definition, obj, isApplied: !manages);
        return obj;
    }

    // A deletion's time is put back where a client changed it; that there is one, and the grace period, cannot be claimed.
    private static bool IsRefusedIfSet(string field, JsonObject oldMetadata) => field == "deletionGracePeriodSeconds" || oldMetadata[field] is null;

    // What server-side apply leads to may have nulls that validation lets pass, where a field may be anything; they are not stored.
    private static void DropNulls(ResourceDefinition definition, JsonObject obj, bool isApplied)
    {
        if (isApplied)
        {
            Defaulter.Apply(definition.Schema, obj);
        }
    }

    /// <summary>Takes from <paramref name="obj"/> only what a write of <paramref name="subresource"/> may change.</summary>
    private static JsonObject KeepToPart(ResourceDefinition definition, string subresource, JsonObject live, JsonObject obj)
    {
        switch (subresource)
        {
            case "":
                if (definition.HasStatus)
                {
                    Take(obj, live, "status");
                }

                return obj;

            case "scale":
                Take(obj, live, "status");
                return obj;

            case "status":
                var result = (JsonObject)live.DeepClone();
                Take(result, obj, "status");
                Take((JsonObject)result["metadata"]!, (JsonObject)obj["metadata"]!, "managedFields");
                return result;

            default:
                var finalized = (JsonObject)live.DeepClone();
                Take(finalized, obj, "spec");
                return finalized;
        }
    }

    /// <summary>Whether anything has changed that a client asks for, rather than observes.</summary>
    private static bool IsNewGeneration(ResourceDefinition definition, JsonObject live, JsonObject obj)
    {
        foreach (var (field, value) in obj)
        {
            if (field != "metadata" && !(field == "status" && definition.HasStatus) && !JsonText.AreEqual(value, live[field]))
            {
                return true;
            }
        }

        foreach (var (field, _) in live)
        {
            if (!obj.ContainsKey(field) && !(field == "status" && definition.HasStatus))
            {
                return true;
            }
        }

        return false;
    }

    private static void Take(JsonObject target, JsonObject source, string field)
    {
        if (source[field] is { } value)
        {
            target[field] = value.DeepClone();
        }
        else
        {
            target.Remove(field);
        }
    }

    private static void Validate(ResourceDefinition definition, string subresource, JsonObject obj, JsonObject? old, WriteOptions options)
    {
        var metadata = (JsonObject)obj["metadata"]!;
        List<FieldError> errors = [.. MetadataRules.Validate(metadata, definition.IsNamespaced, definition.Strategy.NameErrors)];
        if (old is not null)
        {
            // Kubernetes checks the metadata of custom resources twice; the message says it once, the causes twice.
            var changes = MetadataRules.ValidateUpdate(metadata, (JsonObject)old["metadata"]!).ToList();
            errors.AddRange(definition.Strategy is CustomResourceStrategy ? [.. changes, .. changes] : changes);
        }

        errors.AddRange(subresource == "status" && definition.Strategy is CustomResourceStrategy
            ? ValidateStatus(definition, obj, old)
            : Admission.Validate(definition, obj, old));
        if (errors.Count > 0)
        {
            throw ApiErrors.Invalid(definition.Group, definition.Kind, MetadataRules.Text(metadata, "name"), errors);
        }

        options.Warnings.AddRange(MetadataRules.Warnings(metadata));
        options.Warnings.AddRange(definition.Strategy.Warnings(obj));
    }

    /// <summary>
    /// Checks what a write of the subresource can have changed. Kubernetes takes the status of a custom resource as an object by itself.
    /// </summary>
    private static IEnumerable<FieldError> ValidateStatus(ResourceDefinition definition, JsonObject obj, JsonObject? old) =>
        definition.Schema.Properties.TryGetValue("status", out var schema) && obj["status"] is { } status
            ? SchemaValidator.Validate(schema, status, old?["status"]).Select(static e => e with { Field = $"status.{e.Field}" })
            : [];

    /// <summary>Refuses an object that replaces another version than the latest, or does not say which it replaces where it must.</summary>
    private static void CheckVersion(ResourceDefinition definition, StoredObject existing, JsonObject obj, bool namesVersion)
    {
        var metadata = (JsonObject)obj["metadata"]!;
        var uid = MetadataRules.Text(metadata, "uid");
        if (namesVersion && uid.Length > 0 && uid != existing.Uid)
        {
            var store = definition.Strategy is CustomResourceStrategy ? "apiextensions.kubernetes.io/" : "";
            throw ApiErrors.Conflict(
                definition.Group,
                definition.Plural,
                existing.Name,
                $"StorageError: invalid object, Code: 4, Key: /registry/{store}{definition.Group}/{definition.Plural}/{existing.Key}, ResourceVersion: 0, "
                + $"AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {existing.Uid}");
        }

        var version = MetadataRules.Text(metadata, "resourceVersion");
        if (version is "" or "0")
        {
            if (definition.Strategy.AllowsUnconditionalUpdate)
            {
                return;
            }

            throw ApiErrors.Invalid(
                definition.Group,
                definition.Plural,
                existing.Name,
                [new FieldError("FieldValueInvalid", "metadata.resourceVersion", "Invalid value: 0: must be specified for an update")]);
        }

        if (!ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var revision))
        {
            throw ApiErrors.Unclassified(ApiErrors.NotANumber("ParseUint", version));
        }

        if (revision != (ulong)existing.Revision)
        {
            throw ApiErrors.Modified(definition, existing.Name);
        }
    }

    private static void CheckPreconditions(ResourceDefinition definition, StoredObject existing, DeletionOptions options)
    {
        if (options.Uid is { } uid && uid != existing.Uid)
        {
            throw ApiErrors.Conflict(
                definition.Group,
                definition.Kind,
                existing.Name,
                $"the UID in the precondition ({uid}) does not match the UID in record ({existing.Uid}). The object might have been deleted and then recreated");
        }

        var revision = existing.Revision.ToString(CultureInfo.InvariantCulture);
        if (options.ResourceVersion is { } version && version != revision)
        {
            throw ApiErrors.Conflict(
                definition.Group,
                definition.Kind,
                existing.Name,
                $"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({revision}). The object might have been modified");
        }
    }

    /// <returns>Whether the finalizers have changed.</returns>
    private static bool SetPropagation(JsonObject metadata, string? policy)
    {
        if (policy is null)
        {
            return false;
        }

        var before = MetadataRules.Texts(metadata, "finalizers").ToList();
        var after = before.Where(static f => f is not ("foregroundDeletion" or "orphan")).ToList();
        switch (policy)
        {
            case "Foreground":
                after.Add("foregroundDeletion");
                break;
            case "Orphan":
                after.Add("orphan");
                break;
        }

        if (after.SequenceEqual(before))
        {
            return false;
        }

        metadata["finalizers"] = new JsonArray([.. after.Select(static f => JsonValue.Create(f))]);
        if (after.Count == 0)
        {
            metadata.Remove("finalizers");
        }

        return true;
    }

    private static bool IsHeld(ResourceDefinition definition, JsonObject obj) =>
        obj["metadata"]!["finalizers"] is JsonArray { Count: > 0 } || definition.Strategy.IsHeld(obj);

    /// <summary>Refuses to create something in a namespace that is not there, or is going away.</summary>
    private void CheckNamespaceAccepts(ResourceDefinition definition, string ns, string name)
    {
        if (!definition.IsNamespaced || registry.Find("", "v1", "namespaces") is not { } namespaces)
        {
            return;
        }

        var found = store.Table(namespaces.StorageKey).Find(ns) ?? throw ApiErrors.NotFound("", "namespaces", ns);
        if (JsonText.FindText(found.Json.Span, ["metadata", "deletionTimestamp"]).Length > 0)
        {
            var error = ApiErrors.Forbidden(
                definition.Group, definition.Plural, name, $"unable to create new content in namespace {ns} because it is being terminated");
            error.Details!["causes"] = new JsonArray(
                new JsonObject { ["reason"] = "NamespaceTerminating", ["message"] = $"namespace {ns} is being terminated", ["field"] = "metadata.namespace" });
            throw error;
        }
    }

    private StoredObject Encode(JsonObject obj, StoredObject? former) => ObjectEncoder.Encode(obj, former, store.Revision + 1);

    private static string GenerateName(string prefix) =>
        (prefix.Length > MaximumGeneratedNameBase ? prefix[..MaximumGeneratedNameBase] : prefix)
        + System.Security.Cryptography.RandomNumberGenerator.GetString(NameSuffixAlphabet, NameSuffixLength);

    private string Now() => store.Time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
