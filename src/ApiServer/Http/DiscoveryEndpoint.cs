using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;
using Microsoft.AspNetCore.Http;

namespace CrMonitor.ApiServer.Http;

/// <summary>Serves what clients read to learn which resources there are, and how they look.</summary>
internal sealed class DiscoveryEndpoint(ResourceRegistry registry)
{
    private const string Aggregated = "APIGroupDiscoveryList";

    /// <returns>False if there is nothing at the path.</returns>
    public async Task<bool> TryServeAsync(HttpContext context, ApiRequest request)
    {
        if (request.Verb is not ("get" or "head"))
        {
            return false;
        }

        var snapshot = registry.Current;
        switch (request.Path.Trim('/').Split('/'))
        {
            case ["api"]:
                await ServeRootAsync(context, snapshot, isCore: true);
                return true;
            case ["apis"]:
                await ServeRootAsync(context, snapshot, isCore: false);
                return true;
            case ["api", var version]:
                return await TryWriteAsync(context, Discovery.Resources(snapshot, "", version));
            case ["apis", var group]:
                return await TryWriteAsync(context, Discovery.Group(snapshot, group));
            case ["apis", var group, var version]:
                return await TryWriteAsync(context, Discovery.Resources(snapshot, group, version));
            case ["openapi", "v2"]:
                if (MediaType.Choose(context.Request.Headers.Accept, static _ => false) is not { Format: BodyFormat.Json })
                {
                    throw ApiErrors.OnlyAvailableAs(Responses.Json);
                }

                await Responses.WriteAsync(context, 200, Responses.Json, OpenApiDocuments.For(snapshot).V2);
                return true;
            case ["openapi", "v3"]:
                await Responses.WriteAsync(context, 200, Responses.Json, OpenApiDocuments.For(snapshot).Index);
                return true;
            case ["openapi", "v3", "api", var version]:
                return await TryWriteAsync(context, OpenApiDocuments.For(snapshot).Document("", version));
            case ["openapi", "v3", "apis", var group, var version]:
                return await TryWriteAsync(context, OpenApiDocuments.For(snapshot).Document(group, version));
            default:
                return false;
        }
    }

    /// <summary>All paths that lead somewhere, but those of resources: what <c>/</c> answers.</summary>
    public JsonObject Paths()
    {
        var paths = new SortedSet<string>(HealthChecks.Paths, StringComparer.Ordinal)
        {
            "/api", "/apis", "/apis/", "/openapi/v2", "/openapi/v3", "/openapi/v3/", "/version",
        };
        foreach (var definition in registry.Current.All)
        {
            paths.Add(definition.Group.Length == 0 ? $"/api/{definition.Version}" : $"/apis/{definition.ApiVersion}");
            if (definition.Group.Length > 0)
            {
                paths.Add($"/apis/{definition.Group}");
            }
        }

        return new JsonObject { ["paths"] = new JsonArray([.. paths.Select(static p => JsonValue.Create(p))]) };
    }

    private static Task ServeRootAsync(HttpContext context, RegistrySnapshot snapshot, bool isCore)
    {
        var form = MediaType.Choose(
            context.Request.Headers.Accept, static t => t is { As: Aggregated, Group: "apidiscovery.k8s.io", Version: "v2" or "v2beta1" });
        if (form.As.Length == 0)
        {
            return Responses.WriteAsync(context, 200, isCore ? Discovery.CoreVersions(context.Request.Host.Value ?? "") : Discovery.Groups(snapshot));
        }

        var document = Storage.ObjectEncoder.ToUtf8(Discovery.Aggregated(snapshot, isCore, form.Version));
        return Responses.WriteAsync(context, 200, $"{Responses.Json};g=apidiscovery.k8s.io;v={form.Version};as={Aggregated}", document);
    }

    private static async Task<bool> TryWriteAsync(HttpContext context, JsonObject? document)
    {
        if (document is null)
        {
            return false;
        }

        await Responses.WriteAsync(context, 200, document);
        return true;
    }

    private static async Task<bool> TryWriteAsync(HttpContext context, ReadOnlyMemory<byte>? document)
    {
        if (document is not { } bytes)
        {
            return false;
        }

        await Responses.WriteAsync(context, 200, Responses.Json, bytes);
        return true;
    }
}
