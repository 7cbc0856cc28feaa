using System.Text.Json;
using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <content>Subresources that are objects of another kind than what they belong to.</content>
public sealed partial class KubeClient
{
    /// <inheritdoc/>
    public async Task<DynamicObject?> GetSubresourceAsync<T>(ObjectKey key, string subresource, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentException.ThrowIfNullOrEmpty(subresource);
        var resource = Resource<T>();
        var request = new KubeRequest { Method = HttpMethod.Get, Path = resource.ObjectPath(key, subresource) };
        try
        {
            return Read(DynamicObject.Of(resource), request, await SendAsync(request, cancellationToken));
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>The kind of the answer to the write of a subresource, if it is not the object.</summary>
    private static string? OtherKind(KubeResource resource, WriteOptions? options, KubeResponse response)
    {
        // A status is always part of the object.
        if (options?.Subresource is null or "status")
        {
            return null;
        }

        try
        {
            using var answer = JsonDocument.Parse(response.Body);
            var isOwn = Text(answer.RootElement, "kind") is not { } kind
                || (kind == resource.Kind && Text(answer.RootElement, "apiVersion") == resource.ApiVersion);
            return isOwn ? null : Text(answer.RootElement, "kind");
        }
        catch (JsonException)
        {
            // It is told when it is read.
            return null;
        }
    }

    /// <summary>Shows the caches the object whose subresource was written, and makes of the answer what can be made of it.</summary>
    private async Task<T> ReadOtherKindAsync<T>(
        KubeResource<T> resource,
        ObjectKey key,
        KubeRequest request,
        KubeResponse response,
        string kind,
        WriteOptions options,
        CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var isShown = typeof(T) == typeof(DynamicObject) || kind == resource.Kind;
        if (isShown || request.Method == HttpMethod.Post)
        {
            if (!options.DryRun && _caches?.Keeps(resource) == true)
            {
                await ReadAnewAsync(resource, key, cancellationToken);
            }

            return isShown ? Read(resource, request, response) : throw new InvalidDataException(
                $"{request}: done, but the answer is a {kind}, which {typeof(T).Name} does not describe. "
                + $"Send a {nameof(DynamicObject)} (For({nameof(DynamicObject)}.Of(...))): its answer may be of any kind.");
        }

        return await ReadAnewAsync(resource, key, cancellationToken) ?? throw new InvalidOperationException(
            $"{request}: done, but the {resource.Kind} {key} has been deleted since, so that there is nothing to return.");
    }

    private async Task<T?> ReadAnewAsync<T>(KubeResource<T> resource, ObjectKey key, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var uid = _caches?.Find(resource).Select(cache => cache.Lister.Get(key)?.Metadata.Uid).FirstOrDefault(known => known is not null);
        var request = new KubeRequest { Method = HttpMethod.Get, Path = resource.ObjectPath(key) };
        try
        {
            var response = await SendAsync(request, cancellationToken);
            var read = Read(resource, request, response);
            _caches?.NoteWrite(resource, response.Body.Span);
            return read;
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            if (uid is not null)
            {
                _caches?.NoteDelete(resource, key, uid);
            }

            return null;
        }
    }
}
