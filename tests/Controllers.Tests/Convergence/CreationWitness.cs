using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer;

namespace CrMonitor.Controllers.Tests;

/// <summary>Stands between a host and its server: sees each child that is created, and whether the host was told so.</summary>
internal sealed class CreationWitness(EmbeddedApiServer server, string ns) : DelegatingHandler(server.CreateHandler())
{
    // Owners, by uid, a create for which may have had its effect without an answer. Nobody can know then that there is a child already.
    private readonly ConcurrentDictionary<string, bool> _unanswered = new();
    private int _pending;

    /// <summary>Second children of an owner whose first one the host knew of.</summary>
    public ConcurrentQueue<string> Doubles { get; } = new();

    /// <summary>Requests, other than watches, that are not answered yet.</summary>
    public int Pending => Volatile.Read(ref _pending);

    /// <summary>Children that were created for all to see.</summary>
    public int Created { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri!.Query.Contains("watch=", StringComparison.Ordinal))
        {
            return await base.SendAsync(request, cancellationToken);
        }

        Interlocked.Increment(ref _pending);
        try
        {
            return request.Method == HttpMethod.Post ? await CreateAsync(request, cancellationToken) : await ReadAsync(request, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }

    private async Task<HttpResponseMessage> ReadAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        await response.Content.LoadIntoBufferAsync(cancellationToken);
        return response;
    }

    private async Task<HttpResponseMessage> CreateAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var owner = OwnerOf(JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken)))!;
        HttpResponseMessage response;
        try
        {
            response = await ReadAsync(request, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            _unanswered[owner] = true;
            throw;
        }
        catch (JsonException)
        {
            _unanswered[owner] = true;
            throw new HttpRequestException("The answer ends in the middle.");
        }

        if (response.IsSuccessStatusCode)
        {
            Created++;
            var children = server.Storage.List("configmaps", ns).Count(child => OwnerOf(child) == owner);
            if (children > 1 && !_unanswered.ContainsKey(owner))
            {
                Doubles.Enqueue($"{children} children of {owner}");
            }
        }

        return response;
    }

    private static string? OwnerOf(JsonNode? child) => (string?)child?["metadata"]?["ownerReferences"]?[0]?["uid"];
}
