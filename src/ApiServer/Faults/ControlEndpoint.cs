using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using CrMonitor.ApiServer.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CrMonitor.ApiServer.Faults;

/// <summary>
/// Serves what a test in another language needs of <see cref="FaultInjector"/>, <see cref="RequestLog"/> and the server: the paths under
/// <c>/crmonitor</c>.
/// </summary>
/// <remarks>Its own requests meet no faults and are not recorded.</remarks>
internal sealed partial class ControlEndpoint(EmbeddedApiServer server, TimeProvider time, ILogger logger, CancellationToken stopping)
{
    public static readonly PathString Root = "/crmonitor";

    private readonly ConcurrentDictionary<int, (FaultOrder Order, Fault Fault)> _faults = new();

    // _gate lets one restart be asked for at a time.
    private readonly Lock _gate = new();
    private volatile Task _restart = Task.CompletedTask;
    private int _lastId;

    /// <summary>Completes when no restart is under way. It never fails.</summary>
    public Task Restarted => _restart;

    public async Task ServeAsync(HttpContext context)
    {
        try
        {
            var (status, body) = await AnswerAsync(context);
            await Responses.WriteAsync(context, status, body);
        }
        catch (ApiException e)
        {
            await Responses.WriteErrorAsync(context, e);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // The client has gone away.
        }
    }

    private async Task<(int Status, JsonObject Body)> AnswerAsync(HttpContext context)
    {
        var parts = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries)[1..];
        switch (context.Request.Method, parts)
        {
            case ("GET", ["faults"]):
                return (200, new JsonObject { ["faults"] = new JsonArray([.. _faults.OrderBy(static f => f.Key).Select(f => Show(f.Key, f.Value.Order, f.Value.Fault))]) });

            case ("POST", ["faults"]):
                var order = await ReadAsync(context, ControlJson.Default.FaultOrder);
                var fault = Add(order);
                var id = Interlocked.Increment(ref _lastId);
                _faults[id] = (order, fault);
                return (201, Show(id, order, fault));

            case ("DELETE", ["faults"]):
                var count = _faults.Count;
                _faults.Clear();
                server.Faults.Clear();
                return (200, Count(count));

            case ("GET" or "DELETE", ["faults", var text]):
                if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    || !_faults.TryGetValue(number, out var found))
                {
                    throw new ApiException(404, "NotFound", $"there is no fault {text}");
                }

                if (context.Request.Method == "DELETE")
                {
                    found.Fault.Dispose();
                    _faults.TryRemove(number, out _);
                }

                return (200, Show(number, found.Order, found.Fault));

            case ("GET", ["watches"]):
                return (200, Count(server.Faults.CountWatches()));

            case ("POST", ["watches", "drop"]):
                return (200, Count(server.Faults.DropWatches(
                    (await ReadAsync(context, ControlJson.Default.WatchOrder)).Match is { } dropped ? dropped.Matches : null)));

            case ("POST", ["watches", "freeze"]):
                return (200, Count(server.Faults.FreezeWatches(
                    (await ReadAsync(context, ControlJson.Default.WatchOrder)).Match is { } frozen ? frozen.Matches : null)));

            case ("POST", ["compact"]):
                return (200, new JsonObject { ["revision"] = server.Compact() });

            case ("POST", ["restart"]):
                Restart(await ReadAsync(context, ControlJson.Default.RestartOrder));
                return (202, []);

            case ("GET", ["requests"]):
                return (200, new JsonObject { ["requests"] = new JsonArray([.. server.Requests.Latest().Select(Show)]), ["count"] = server.Requests.Count });

            case ("DELETE", ["requests"]):
                server.Requests.Clear();
                return (200, []);

            default:
                throw new ApiException(404, "NotFound", $"the control surface has no {context.Request.Method} {context.Request.Path}");
        }
    }

    private Fault Add(FaultOrder order)
    {
        try
        {
            return order.AddTo(server.Faults);
        }
        catch (Exception e) when (e is FormatException or ArgumentOutOfRangeException or OverflowException)
        {
            throw ApiErrors.BadRequest(e.Message);
        }
    }

    private void Restart(RestartOrder order)
    {
        if (order.AfterMilliseconds < 0 || order.AwayMilliseconds < 0)
        {
            throw ApiErrors.BadRequest("afterMilliseconds and awayMilliseconds must not be negative");
        }

        lock (_gate)
        {
            if (!_restart.IsCompleted)
            {
                throw new ApiException(409, "Conflict", "a restart is under way");
            }

            _restart = RestartAsync(order);
        }
    }

    private async Task RestartAsync(RestartOrder order)
    {
        try
        {
            // After the answer to the request for it, which it would break off.
            await Task.Delay(TimeSpan.FromMilliseconds(order.AfterMilliseconds), time, stopping);
            await server.StopListeningAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(order.AwayMilliseconds), time, stopping);
            await server.RestartAsync(order.KeepsData, stopping);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The server is stopped for good.
        }
        catch (IOException e)
        {
            LogNoRestart(logger, e);
        }
    }

    private static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
    {
        var body = await RequestBody.ReadAsync(context);
        try
        {
            // No body asks for what is usual.
            return JsonSerializer.Deserialize(body.Length == 0 ? "{}"u8 : body.Span, type) ?? throw ApiErrors.BadRequest("the body is not an object");
        }
        catch (JsonException e)
        {
            throw ApiErrors.BadRequest(e.Message);
        }
    }

    private static JsonObject Show(int id, FaultOrder order, Fault fault)
    {
        var shown = (JsonObject)JsonSerializer.SerializeToNode(order, ControlJson.Default.FaultOrder)!;
        shown["id"] = id;
        shown["hits"] = fault.HitCount;
        return shown;
    }

    private static JsonObject Show(ApiRequest request) => new()
    {
        ["verb"] = request.Verb,
        ["group"] = request.Group,
        ["version"] = request.Version,
        ["resource"] = request.Resource,
        ["subresource"] = request.Subresource,
        ["namespace"] = request.Namespace,
        ["name"] = request.Name,
        ["path"] = request.Path,
        ["userAgent"] = request.UserAgent,
    };

    private static JsonObject Count(int count) => new() { ["count"] = count };

    [LoggerMessage(Level = LogLevel.Error, Message = "The server could not listen again after the restart that the control surface was asked for")]
    private static partial void LogNoRestart(ILogger logger, Exception exception);
}
