using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Faults;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CrMonitor.ApiServer.Http;

/// <summary>Serves all requests, however they came in.</summary>
internal sealed partial class ApiEndpoint(
    ResourceEndpoint resources, DiscoveryEndpoint discovery, ControlEndpoint? control, ActiveRequests active, RequestLog log, FaultGate faults, ILogger logger)
{
    /// <summary>Serves one request. A failure is an answer, or (when the answer has begun) a broken connection.</summary>
    /// <exception cref="AnswerCutException">A fault wants the connection closed after what has been sent. Nothing else leaves it.</exception>
    public async Task ServeAsync(HttpContext context)
    {
        if (control is not null && context.Request.Path.StartsWithSegments(ControlEndpoint.Root, StringComparison.Ordinal))
        {
            await control.ServeAsync(context);
            return;
        }

        var request = RequestPath.Parse(context.Request);
        log.Add(request);
        var serving = new ActiveRequest(request, context);
        active.Add(serving);
        try
        {
            if (!await faults.TryFailAsync(context, request))
            {
                await ServeAsync(context, serving);
            }
        }
        catch (AnswerCutException e)
        {
            if (e.BreaksConnection)
            {
                throw;
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
