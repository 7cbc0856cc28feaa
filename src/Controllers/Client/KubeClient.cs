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
    private readonly RestClient _rest;
    private readonly CrMonitorOptions _options;
    private readonly string _fieldManager;
    private readonly ILogger _logger;

    /// <summary>Creates a client.</summary>
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
        _fieldManager = options.FieldManager;
        _logger = logger ?? NullLogger<KubeClient>.Instance;
    }

    /// <inheritdoc/>
    public KubeResource<T> Resource<T>()
        where T : class, IKubernetesObject<V1ObjectMeta> => _options.Resource<T>();

    /// <inheritdoc/>
    public async Task<T?> GetAsync<T>(ObjectKey key, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var resource = Resource<T>();
        try
        {
            return await SendAsync(resource, HttpMethod.Get, resource.ObjectPath(key), default, null, cancellationToken);
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public Task<T> CreateAsync<T>(T resource, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(resource);
        var to = Resource<T>();
        var path = options?.Subresource is { } subresource
            ? to.ObjectPath(ObjectKey.Of(resource), subresource)
            : to.CollectionPath(Namespace(resource));
        return SendAsync(to, HttpMethod.Post, path + Query(options), Write(to, resource), null, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<T> UpdateAsync<T>(T resource, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(resource);
        var to = Resource<T>();
        return SendAsync(to, HttpMethod.Put, Path(to, KeyOf(to, resource), options), Write(to, resource), null, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<T> PatchAsync<T>(ObjectKey key, KubePatch patch, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(patch);
        var to = Resource<T>();
        return SendAsync(to, HttpMethod.Patch, Path(to, key, options), patch.Body, patch.ContentType, cancellationToken);
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
        return SendAsync(to, HttpMethod.Patch, Path(to, key, options ?? new ApplyOptions()), desired, KubeRequest.ApplyPatch, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync<T>(ObjectKey key, DeleteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var request = new KubeRequest
        {
            Method = HttpMethod.Delete,
            Path = Resource<T>().ObjectPath(key),
            Body = options is null ? default : Write(options),
        };
        try
        {
            Warn(request, await SendAsync(request, cancellationToken));
            return true;
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return false;
        }
    }

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

    private string Path(KubeResource to, ObjectKey key, WriteOptions? options) => to.ObjectPath(key, options?.Subresource) + Query(options);

    private string Query(WriteOptions? options)
    {
        var query = $"?fieldManager={Uri.EscapeDataString(options?.FieldManager ?? _fieldManager)}";
        if (options is ApplyOptions { Force: true })
        {
            query += "&force=true";
        }

        return options is { DryRun: true } ? query + "&dryRun=All" : query;
    }

    private async Task<T> SendAsync<T>(
        KubeResource<T> resource, HttpMethod method, string path, ReadOnlyMemory<byte> body, string? contentType, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var request = new KubeRequest { Method = method, Path = path, Body = body, ContentType = contentType };
        var response = await SendAsync(request, cancellationToken);
        Warn(request, response);
        try
        {
            return JsonSerializer.Deserialize(response.Body.Span, resource.Json) ?? throw new JsonException("The body is null.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(
                $"{request}: the server answered {(int)response.StatusCode}, but the body is not a {resource.Kind} "
                + $"as {typeof(T).Name} describes it: {e.Message}",
                e);
        }
    }

    // What a run writes, it writes as the leader: not a moment longer, whatever becomes of the token that it was given.
    private async Task<KubeResponse> SendAsync(KubeRequest request, CancellationToken cancellationToken)
    {
        if (request.Method == HttpMethod.Get || LeadershipTerm.OfThisRun is not { } term)
        {
            return await _rest.SendAsync(request, cancellationToken);
        }

        term.ThrowIfEnded();
        using var fence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, term.Ended);
        try
        {
            return await _rest.SendAsync(request, fence.Token);
        }
        catch (OperationCanceledException e) when (term.Ended.IsCancellationRequested)
        {
            throw term.Lost(e);
        }
    }

    private void Warn(KubeRequest request, KubeResponse response)
    {
        foreach (var warning in response.Warnings)
        {
            LogServerWarning(request, warning);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Request}: the server warns: {Warning}")]
    private partial void LogServerWarning(KubeRequest request, string warning);
}
