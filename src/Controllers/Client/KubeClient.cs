using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CrMonitor.Informers;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrMonitor.Controllers;

/// <summary>The <see cref="IKubeClient"/> of the runtime, over a <see cref="RestClient"/>.</summary>
public sealed partial class KubeClient : IKubeClient
{
    // As client-go pages its lists.
    private const int ListPageSize = 500;

    private readonly RestClient _rest;
    private readonly CrMonitorOptions _options;
    private readonly string _query;   // of writes that name no field manager
    private readonly ILogger _logger;
    private readonly IInformers? _caches;
    private readonly bool _readsCaches;
    private readonly ImmutableDictionary<Type, KubeResource> _bound = ImmutableDictionary<Type, KubeResource>.Empty;
    private readonly ImmutableDictionary<Type, CacheScope> _within = ImmutableDictionary<Type, CacheScope>.Empty;

    /// <summary>Creates a client without caches: every read asks the server.</summary>
    /// <param name="rest">What sends and retries.</param>
    /// <param name="options">
    /// Which types are known, and in whose name fields are written (required here: <see cref="CrMonitorOptions.FieldManager"/>).
    /// </param>
    /// <param name="logger">Where the server's warnings are logged.</param>
    /// <exception cref="ArgumentException">The options name no field manager.</exception>
    public KubeClient(RestClient rest, CrMonitorOptions options, ILogger<KubeClient>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(rest);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(options.FieldManager);
        _rest = rest;
        _options = options;
        _query = FieldManagerQuery(options.FieldManager);
        _logger = logger ?? NullLogger<KubeClient>.Instance;
    }

    internal KubeClient(RestClient rest, CrMonitorOptions options, IInformers caches, ILogger<KubeClient>? logger)
        : this(rest, options, logger)
    {
        _caches = caches;
        _readsCaches = true;
    }

    private KubeClient(
        KubeClient other, bool readsCaches, ImmutableDictionary<Type, KubeResource> bound, ImmutableDictionary<Type, CacheScope> within)
    {
        _rest = other._rest;
        _options = other._options;
        _query = other._query;
        _logger = other._logger;
        _caches = other._caches;
        _readsCaches = readsCaches;
        _bound = bound;
        _within = within;
    }

    /// <inheritdoc/>
    public IKubeClient Live => _readsCaches ? new KubeClient(this, readsCaches: false, _bound, _within.Clear()) : this;

    /// <inheritdoc/>
    public IKubeClient For<T>(KubeResource<T> resource)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(resource);
        return new KubeClient(this, _readsCaches, _bound.SetItem(typeof(T), resource), _within);
    }

    /// <inheritdoc/>
    public IKubeClient Within<T>(CacheScope scope)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(scope);
        return new KubeClient(this, _readsCaches, _bound, _within.SetItem(typeof(T), scope));
    }

    /// <inheritdoc/>
    public KubeResource<T> Resource<T>()
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        _bound.TryGetValue(typeof(T), out var bound) ? (KubeResource<T>)bound : _options.Resource<T>();

    /// <inheritdoc/>
    public async Task<T?> GetAsync<T>(ObjectKey key, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var resource = Resource<T>();
        var (isAnswered, cached) = await ReadCacheAsync(resource, key, cancellationToken);
        if (isAnswered)
        {
            return cached is null ? null : Copy(resource, cached);
        }

        try
        {
            var request = new KubeRequest { Method = HttpMethod.Get, Path = resource.ObjectPath(key) };
            return Read(resource, request, await SendAsync(request, cancellationToken));
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<T>> ListAsync<T>(string? ns = null, LabelSelector? selector = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var resource = Resource<T>();
        if (selector is { IsNothing: true })
        {
            return [];
        }

        var cache = await CacheOfAsync(resource, ns, selector, cancellationToken);
        if (cache is { HasSynced: true })
        {
            return [.. cache.Lister.List(ns, selector).Select(cached => Copy(resource, cached))];
        }

        // Until it has synced, what it will hold is what the server is asked for.
        List<T> all = [];
        string?[] places = ns is null && cache is { Scope.Namespaces: { Count: > 0 } namespaces } ? [.. namespaces] : [ns];
        foreach (var place in places)
        {
            await AddLiveAsync(resource, place, Query(selector, cache?.Scope, place), all, cancellationToken);
        }

        return all;
    }

    /// <inheritdoc/>
    public Task<T> CreateAsync<T>(T resource, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(resource);
        var to = Resource<T>();
        ObjectKey? key = options?.Subresource is null ? null : ObjectKey.Of(resource);
        var path = key is { } named ? Path(to, named, options) : to.CollectionPath(Namespace(resource)) + Query(options);
        return WriteAsync(to, key, HttpMethod.Post, path, Write(to, resource), null, options, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<T> UpdateAsync<T>(T resource, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(resource);
        var to = Resource<T>();
        var key = KeyOf(to, resource);
        if (resource is PartialObjectMetadata)
        {
            throw new InvalidOperationException(
                $"An update replaces the whole {to.Kind} {key}, of which {nameof(PartialObjectMetadata)} has the metadata alone: the rest would be lost. "
                + $"Change metadata with {nameof(PatchAsync)}, or with {nameof(ApplyAsync)} in the name of a field manager of their own, "
                + $"or update an object of the type that models {to.Kind}.");
        }

        return WriteAsync(to, key, HttpMethod.Put, Path(to, key, options), Write(to, resource), null, options, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<T> PatchAsync<T>(ObjectKey key, KubePatch patch, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(patch);
        var to = Resource<T>();
        return WriteAsync(to, key, HttpMethod.Patch, Path(to, key, options), patch.Body, patch.ContentType, options, cancellationToken);
    }

    /// <summary>As <see cref="PatchAsync{T}"/>; but what <paramref name="informer"/> shows of the answer is not decoded once more.</summary>
    /// <returns>The answer, shared with the cache: it must not be changed.</returns>
    internal async Task<T> PatchShownAsync<T>(
        ISharedInformer<T> informer, ObjectKey key, KubePatch patch, WriteOptions? options, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var resource = Resource<T>();
        var request = new KubeRequest
        {
            Method = HttpMethod.Patch,
            Path = Path(resource, key, options),
            Body = patch.Body,
            ContentType = patch.ContentType,
        };
        var response = await SendAsync(request, cancellationToken);
        try
        {
            return _caches?.NoteWrite(informer, response.Body.Span) ?? Read(resource, request, response);
        }
        catch (Exception e) when (e is ArgumentException or JsonException)
        {
            throw NotOfTheKind(resource, request, response, e);
        }
    }

    /// <inheritdoc/>
    public Task<T> ApplyAsync<T>(T desired, ApplyOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(desired);
        var to = Resource<T>();
        return ApplyJsonAsync<T>(KeyOf(to, desired), Write(to, desired), options, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<T> ApplyJsonAsync<T>(
        ObjectKey key, ReadOnlyMemory<byte> desired, ApplyOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var to = Resource<T>();
        var path = Path(to, key, options ?? new ApplyOptions());
        return WriteAsync(to, key, HttpMethod.Patch, path, desired, KubeRequest.ApplyPatch, options, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync<T>(ObjectKey key, DeleteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var resource = Resource<T>();
        var request = new KubeRequest
        {
            Method = HttpMethod.Delete,
            Path = resource.ObjectPath(key),
            Body = options is null ? default : Write(options),
        };
        var isDryRun = options is { DryRun: true };
        var known = isDryRun ? null : _caches?.Find(resource).Select(cache => cache.Lister.Get(key)?.Metadata).FirstOrDefault(cached => cached is not null);
        try
        {
            var response = await SendAsync(request, cancellationToken);
            if (!isDryRun)
            {
                NoteDeletion(resource, key, response.Body.Span, known);
            }

            return true;
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    // As in the caches. Nobody reads them, an update without them leaves them as they are, and models could not write them back.
    private static T WithoutManagedFields<T>(T answer)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (answer.Metadata is { ManagedFields: not null } metadata)
        {
            metadata.ManagedFields = null;
        }

        return answer;
    }

    // A copy by way of JSON, since models know no other. They are copied only here: listers share.
    private static T Copy<T>(KubeResource<T> resource, T cached)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(cached, resource.Json), resource.Json)!;

    private static string? Namespace(IMetadata<V1ObjectMeta> resource) =>
        string.IsNullOrEmpty(resource.Metadata?.NamespaceProperty) ? null : resource.Metadata.NamespaceProperty;

    private static ObjectKey KeyOf(KubeResource to, IMetadata<V1ObjectMeta> resource) => string.IsNullOrEmpty(resource.Metadata?.Name)
        ? throw new ArgumentException($"The {to.Kind} has no metadata.name; only Create can have the server find one.", nameof(resource))
        : ObjectKey.Of(resource);

    private static ReadOnlyMemory<byte> Write(DeleteOptions options) => JsonBytes.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("apiVersion"u8, "v1"u8);
        writer.WriteString("kind"u8, "DeleteOptions"u8);
        if (options.Uid is not null || options.ResourceVersion is not null)
        {
            writer.WriteStartObject("preconditions"u8);
            WriteIfSet(writer, "uid", options.Uid);
            WriteIfSet(writer, "resourceVersion", options.ResourceVersion);
            writer.WriteEndObject();
        }

        WriteIfSet(writer, "propagationPolicy", options.Propagation?.ToString());
        if (options.GracePeriod is { } grace)
        {
            writer.WriteNumber("gracePeriodSeconds"u8, (long)grace.TotalSeconds);
        }

        if (options.DryRun)
        {
            writer.WriteStartArray("dryRun"u8);
            writer.WriteStringValue("All"u8);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    });

    private static void WriteIfSet(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    // Objects from a list carry no apiVersion and kind, which writes need. They are put in front of the bytes, because a cached object must not be
    // changed.
    private static ReadOnlyMemory<byte> Write<T>(KubeResource<T> to, T resource)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(resource, NullFree.Contract<T>(to.Json.Options));
        var missing = new StringBuilder("{");
        if (resource.ApiVersion is null)
        {
            missing.Append(CultureInfo.InvariantCulture, $"\"apiVersion\":\"{to.ApiVersion}\",");
        }

        if (resource.Kind is null)
        {
            missing.Append(CultureInfo.InvariantCulture, $"\"kind\":\"{to.Kind}\",");
        }

        if (missing.Length == 1)
        {
            return json;
        }

        if (json.Length == 2)
        {
            missing.Length--;
        }

        return (byte[])[.. Encoding.UTF8.GetBytes(missing.ToString()), .. json.AsSpan(1)];
    }

    private static string FieldManagerQuery(string manager) => $"?fieldManager={Uri.EscapeDataString(manager)}";

    private string Path(KubeResource to, ObjectKey key, WriteOptions? options) => to.ObjectPath(key, options?.Subresource) + Query(options);

    private string Query(WriteOptions? options)
    {
        var query = options?.FieldManager is { } manager ? FieldManagerQuery(manager) : _query;
        if (options is ApplyOptions { Force: true })
        {
            query += "&force=true";
        }

        return options is { DryRun: true } ? query + "&dryRun=All" : query;
    }

    private async Task<T> WriteAsync<T>(
        KubeResource<T> resource,
        ObjectKey? key,
        HttpMethod method,
        string path,
        ReadOnlyMemory<byte> body,
        string? contentType,
        WriteOptions? options,
        CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var request = new KubeRequest { Method = method, Path = path, Body = body, ContentType = contentType };
        var response = await SendAsync(request, cancellationToken);
        if (key is { } named && OtherKind(resource, options, response) is { } kind)
        {
            return await ReadOtherKindAsync(resource, named, request, response, kind, options!, cancellationToken);
        }

        var answer = Read(resource, request, response);
        if (options is not { DryRun: true } && answer.Metadata?.Uid is not null)
        {
            // By its bytes: the caller may change what he gets.
            _caches?.NoteWrite(resource, response.Body.Span);
        }

        return answer;
    }

    // A server answers with a Status when the object is gone, and with the object when something (a finalizer, a grace time) still holds it.
    // A Status has no version. By that of what was cached before, a cache that has shown the end already knows that nothing more will come.
    private void NoteDeletion(KubeResource resource, ObjectKey key, ReadOnlySpan<byte> answer, V1ObjectMeta? known)
    {
        if (_caches is not { } caches || !caches.Keeps(resource))
        {
            return;
        }

        var reader = new Utf8JsonReader(answer);
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        if (Text(root, "kind") == "Status")
        {
            // Without a uid, what was cached before is meant, and not what is by now: that may be a successor.
            var uid = (root.TryGetProperty("details", out var details) ? Text(details, "uid") : null) ?? known?.Uid;
            caches.NoteDelete(resource, key, uid, uid == known?.Uid ? known?.ResourceVersion : null);
        }
        else if (root.TryGetProperty("metadata", out var metadata) && metadata.TryGetProperty("deletionTimestamp", out _))
        {
            caches.NoteWrite(resource, answer);
        }
        else
        {
            caches.NoteDelete(resource, key, Text(metadata, "uid"), Text(metadata, "resourceVersion"));
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private async Task AddLiveAsync<T>(KubeResource<T> resource, string? ns, string query, List<T> all, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var next = "";
        do
        {
            var path = resource.CollectionPath(ns) + query + (next.Length == 0 ? "" : $"&continue={Uri.EscapeDataString(next)}");
            var request = new KubeRequest { Method = HttpMethod.Get, Path = path };
            var response = await SendAsync(request, cancellationToken);
            next = AddPage(resource, request, response, all);
        }
        while (next.Length > 0);
    }

    // What is asked for, of what a cache holds of the namespace.
    private static string Query(LabelSelector? selector, InformerScope? held, string? ns)
    {
        var own = ns is null ? null : held?.ByNamespace.GetValueOrDefault(ns);
        var labels = string.Join(',', new[] { selector, own?.LabelSelector ?? held?.LabelSelector }
            .Where(asked => asked is { IsEverything: false }).Select(asked => asked!.ToString()).Distinct());
        var fields = own?.FieldSelector ?? held?.FieldSelector ?? "";
        return $"?limit={ListPageSize}"
            + (labels.Length == 0 ? "" : $"&labelSelector={Uri.EscapeDataString(labels)}")
            + (fields.Length == 0 ? "" : $"&fieldSelector={Uri.EscapeDataString(fields)}");
    }

    private static string AddPage<T>(KubeResource<T> resource, KubeRequest request, KubeResponse response, List<T> all)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        try
        {
            using var page = JsonDocument.Parse(response.Body);
            if (page.RootElement.TryGetProperty("items", out var items))
            {
                var contract = AnswerContract.Of(resource.Json);
                all.AddRange(items.EnumerateArray().Select(item => WithoutManagedFields(item.Deserialize(contract) ?? throw new JsonException("An item is null."))));
            }

            return page.RootElement.TryGetProperty("metadata", out var metadata) ? Text(metadata, "continue") ?? "" : "";
        }
        catch (JsonException e)
        {
            throw NotOfTheKind(resource, request, response, e);
        }
    }

    private static InvalidDataException NotOfTheKind<T>(KubeResource<T> resource, KubeRequest request, KubeResponse response, Exception e)
        where T : class, IKubernetesObject<V1ObjectMeta> => new(
        $"{request}: the server answered {(int)response.StatusCode}, but the body is not a {resource.Kind} "
        + $"as {typeof(T).Name} describes it: {e.Message}",
        e);

    private static T Read<T>(KubeResource<T> resource, KubeRequest request, KubeResponse response)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        try
        {
            return WithoutManagedFields(JsonSerializer.Deserialize(response.Body.Span, AnswerContract.Of(resource.Json)) ?? throw new JsonException("The body is null."));
        }
        catch (JsonException e)
        {
            throw NotOfTheKind(resource, request, response, e);
        }
    }

    // What a run writes, it writes as the leader: not a moment longer, whatever becomes of the token that it was given.
    private async Task<KubeResponse> SendAsync(KubeRequest request, CancellationToken cancellationToken)
    {
        if (request.Method == HttpMethod.Get || LeadershipTerm.OfThisRun is not { } term)
        {
            return Warned(request, await _rest.SendAsync(request, cancellationToken));
        }

        // Before each attempt, and not by the term's timer alone, which may come late.
        using var fence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, term.Ended);
        try
        {
            return Warned(request, await _rest.SendGuardedAsync(request, term.Guard, fence.Token));
        }
        catch (OperationCanceledException e) when (term.Ended.IsCancellationRequested)
        {
            throw term.Lost(e);
        }
    }

    private KubeResponse Warned(KubeRequest request, KubeResponse response)
    {
        foreach (var warning in response.Warnings)
        {
            LogServerWarning(request, warning);
        }

        return response;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Request}: the server warns: {Warning}")]
    private partial void LogServerWarning(KubeRequest request, string warning);
}
