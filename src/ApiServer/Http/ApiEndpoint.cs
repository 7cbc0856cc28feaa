using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CrMonitor.ApiServer.Http;

/// <summary>Serves all requests, however they came in.</summary>
internal sealed partial class ApiEndpoint(
    ResourceEndpoint resources, DiscoveryEndpoint discovery, ActiveRequests active, FaultInjector faults, TimeProvider time, ILogger logger)
{
    /// <summary>Serves one request. No exception leaves it: a failure is an answer, or (when the answer has begun) a broken connection.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        var request = RequestPath.Parse(context.Request);
        var serving = new ActiveRequest(request, context);
        active.Add(serving);
        try
        {
            if (!await TryFailAsync(context, request))
            {
                await ServeAsync(context, serving);
            }
        }
        catch (ApiException e) when (!context.Response.HasStarted)
        {
            await Responses.WriteErrorAsync(context, e);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // The client has gone away.
        }
        catch (Exception e)
        {
            LogFailure(logger, e, request);
            if (context.Response.HasStarted)
            {
                context.Abort();
            }
            else
            {
                await Responses.WriteErrorAsync(context, ApiErrors.Internal(e.Message));
            }
        }
        finally
        {
            active.Remove(serving);
        }
    }

    private async Task ServeAsync(HttpContext context, ActiveRequest serving)
    {
        if (serving.Request.IsResourceRequest && await resources.TryServeAsync(context, serving))
        {
            return;
        }

        switch (serving.Request.Path)
        {
            case "/healthz" or "/livez" or "/readyz":
                await Responses.WriteTextAsync(context, 200, "ok");
                break;
            case "/version":
                await Responses.WriteAsync(context, 200, Version());
                break;
            default:
                if (!await discovery.TryServeAsync(context, serving.Request))
                {
                    await Responses.WriteTextAsync(context, 404, "404 page not found\n");
                }

                break;
        }
    }

    /// <summary>Lets the request meet its faults.</summary>
    /// <returns>True if one of them has answered it.</returns>
    private async Task<bool> TryFailAsync(HttpContext context, ApiRequest request)
    {
        foreach (var fault in faults.Faults)
        {
            if (!fault.TryHit(request))
            {
                continue;
            }

            switch (fault.Action)
            {
                case FaultAction.Delay delay:
                    await Task.Delay(delay.Time, time, context.RequestAborted);
                    break;

                case FaultAction.Disconnect:
                    context.Abort();
                    return true;

                case FaultAction.Respond respond:
                    var details = respond.RetryAfter is { } wait
                        ? new JsonObject { ["retryAfterSeconds"] = (int)Math.Ceiling(wait.TotalSeconds) }
                        : null;
                    await Responses.WriteErrorAsync(context, new ApiException(respond.Code, respond.Reason, respond.Message) { Details = details });
                    return true;
            }
        }

        return false;
    }

    private static JsonObject Version() => new()
    {
        ["major"] = "1",
        ["minor"] = "36",
        ["gitVersion"] = $"v1.36.0+crmonitor.{typeof(ApiEndpoint).Assembly.GetName().Version?.ToString(3)}",
        ["gitCommit"] = "",
        ["gitTreeState"] = "clean",
        ["buildDate"] = "1970-01-01T00:00:00Z",
        ["goVersion"] = "",
        ["compiler"] = "",
        ["platform"] = System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier.Replace('-', '/'),
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "{Request} failed")]
    private static partial void LogFailure(ILogger logger, Exception exception, ApiRequest request);
}
