using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CrMonitor.ApiServer.Http;

/// <summary>Serves all requests, however they came in.</summary>
internal sealed partial class ApiEndpoint(
    ResourceEndpoint resources,
    DiscoveryEndpoint discovery,
    Authentication authentication,
    ActiveRequests active,
    FaultInjector faults,
    TimeProvider time,
    ILogger logger)
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
                authentication.Check(context.Request, request.Path);
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

        var path = serving.Request.Path;
        if (HealthChecks.TryAnswer(path, context.Request.Query) is { } health)
        {
            await Responses.WriteTextAsync(context, 200, health);
        }
        else if (path == "/version")
        {
            await ServeVersionAsync(context);
        }
        else if (await discovery.TryServeAsync(context, serving.Request))
        {
            return;
        }
        else if (path.StartsWith("/api/", StringComparison.Ordinal) || path.StartsWith("/apis/", StringComparison.Ordinal))
        {
            await Responses.WriteTextAsync(context, 404, "404 page not found\n");
        }
        else
        {
            await Responses.WriteAsync(context, path == "/" ? 200 : 404, new MediaType(BodyFormat.Json), discovery.Paths());
        }
    }

    private static Task ServeVersionAsync(HttpContext context)
    {
        if (context.Request.Method is not ("GET" or "HEAD"))
        {
            throw ApiErrors.MethodNotAllowed();
        }

        var form = MediaType.ForStatus(context.Request.Headers.Accept);
        return form.Format == BodyFormat.Json ? Responses.WriteAsync(context, 200, form, Version()) : throw ApiErrors.OnlyAvailableAs(Responses.Json);
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
