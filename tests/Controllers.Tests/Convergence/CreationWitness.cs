using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer;

namespace CrMonitor.Controllers.Tests;

/// <summary>
/// Stands between a host and its server: sees each child that is written, whether the host was told so, and how often the host's caches list.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="ns">The namespace of the host.</param>
/// <param name="identity">The name by which the host is a candidate for the lease; <see langword="null"/> if there is no election.</param>
/// <param name="unanswered">
/// Owners, by uid, a child of which may have been written without an answer. Nobody can know then that there is one already.
/// </param>
internal sealed class CreationWitness(EmbeddedApiServer server, string ns, string? identity, ConcurrentDictionary<string, bool> unanswered)
    : DelegatingHandler(server.CreateHandler())
{
    public const string Leases = "leases.coordination.k8s.io";

    // How the client asks for a live list; caches ask for a version, or for a stream.
    private const string LiveList = "?limit=500";

    private int _pending;
    private int _lists;
    private int _creates;
    private int _applies;
    private int _lostAnswers;
    private int _writes;

    /// <summary>What the host shows of an owner's children by its cache: with an election, another host may have written what it cannot know.</summary>
    public Func<string, bool>? ShowsChildOf { get; set; }

    /// <summary>
    /// Second children of an owner whose first one the host knew of, applies of what was there already, and writes while another host led.
    /// </summary>
    public ConcurrentQueue<string> Mistakes { get; } = new();

    /// <summary>Requests, other than watches, that are not answered yet.</summary>
    public int Pending => Volatile.Read(ref _pending);

    /// <summary>Lists of caches, in pages or as streams, that the server began to answer.</summary>
    public int Lists => Volatile.Read(ref _lists);

    public int Creates => Volatile.Read(ref _creates);

    public int Applies => Volatile.Read(ref _applies);

    public int LostAnswers => Volatile.Read(ref _lostAnswers);

    /// <summary>Writes of anything but leases that were answered.</summary>
    public int Writes => Volatile.Read(ref _writes);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var query = request.RequestUri!.Query;
        if (query.Contains("watch=", StringComparison.Ordinal))
        {
            var watch = await base.SendAsync(request, cancellationToken);
            CountList(watch, query.Contains("sendInitialEvents=true", StringComparison.Ordinal));
            return watch;
        }

        Interlocked.Increment(ref _pending);
        try
        {
            if (request.Method == HttpMethod.Get)
            {
                var response = await ReadAsync(request, cancellationToken);
                CountList(response, query.Length > 0 && query != LiveList);
                return response;
            }

            return request.RequestUri.AbsolutePath.Contains("/leases", StringComparison.Ordinal)
                ? await ReadAsync(request, cancellationToken)
                : await WriteAsync(request, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }

    private void CountList(HttpResponseMessage response, bool isList)
    {
        if (isList && response.IsSuccessStatusCode)
        {
            Interlocked.Increment(ref _lists);
        }
    }

    private async Task<HttpResponseMessage> ReadAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        await response.Content.LoadIntoBufferAsync(cancellationToken);
        return response;
    }

    private async Task<HttpResponseMessage> WriteAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // First who leads, then the token: whoever leads now has waited until this term was over, and its token cancelled.
        if (identity is not null && Leader() is { Length: > 0 } leader && leader != identity && !cancellationToken.IsCancellationRequested)
        {
            Mistakes.Enqueue($"{identity} sends {request.Method} {request.RequestUri!.AbsolutePath} while {leader} leads");
        }

        var isApply = request.Content?.Headers.ContentType?.MediaType == "application/apply-patch+yaml";
        var response = request.Method == HttpMethod.Post || isApply
            ? await WriteChildAsync(request, isApply, cancellationToken)
            : await ReadAsync(request, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            Interlocked.Increment(ref _writes);
        }

        return response;
    }

    private async Task<HttpResponseMessage> WriteChildAsync(HttpRequestMessage request, bool isApply, CancellationToken cancellationToken)
    {
        var child = JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!;
        var owner = OwnerOf(child)!;
        var before = isApply ? VersionOf(Children().FirstOrDefault(known => NameOf(known) == NameOf(child))) : null;
        var isKnown = ShowsChildOf?.Invoke(owner) ?? !unanswered.ContainsKey(owner);
        HttpResponseMessage response;
        JsonNode? answer;
        try
        {
            response = await ReadAsync(request, cancellationToken);
            answer = response.IsSuccessStatusCode ? JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken)) : null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            Lose(owner);
            throw;
        }
        catch (JsonException)
        {
            Lose(owner);
            throw new HttpRequestException("The answer ends in the middle.");
        }

        if (answer is null)
        {
            return response;
        }

        Interlocked.Increment(ref isApply ? ref _applies : ref _creates);
        if (isApply)
        {
            if (identity is null && isKnown && VersionOf(answer) == before)
            {
                Mistakes.Enqueue($"an apply of the child of {owner} changed nothing");
            }
        }
        else if (isKnown && Children().Count(known => OwnerOf(known) == owner) is > 1 and var count)
        {
            Mistakes.Enqueue($"{count} children of {owner}");
        }

        return response;
    }

    private void Lose(string owner)
    {
        Interlocked.Increment(ref _lostAnswers);
        unanswered[owner] = true;
    }

    private IEnumerable<JsonNode> Children() => server.Storage.List("configmaps", ns);

    private string? Leader() => server.Storage.List(Leases, ns) is [var lease, ..] ? (string?)lease["spec"]?["holderIdentity"] : null;

    private static string? OwnerOf(JsonNode? child) => (string?)child?["metadata"]?["ownerReferences"]?[0]?["uid"];

    private static string? NameOf(JsonNode child) => (string?)child["metadata"]?["name"];

    private static string? VersionOf(JsonNode? child) => (string?)child?["metadata"]?["resourceVersion"];
}
