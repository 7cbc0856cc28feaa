using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CrMonitor.ApiServer.Faults;

/// <summary>Lets requests meet their faults.</summary>
internal sealed class FaultGate(FaultInjector faults, TimeProvider time)
{
    /// <returns>True if a fault has answered the request; else it is to be served.</returns>
    public async Task<bool> TryFailAsync(HttpContext context, ApiRequest request)
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

                case FaultAction.Disconnect { AfterBytes: 0 }:
                    context.Abort();
                    return true;

                case FaultAction.Disconnect disconnect:
                    Limit(context, new AnswerLimit.OfBytes(disconnect.AfterBytes), static _ => Task.FromResult(true));
                    break;

                case FaultAction.Freeze freeze:
                    Limit(context, new AnswerLimit.OfBytes(freeze.AfterBytes), async _ =>
                    {
                        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
                        return true;
                    });
                    break;

                case FaultAction.Cut cut:
                    // Of an answer whose length has been announced no end would be in good order.
                    context.Response.OnStarting(() =>
                    {
                        context.Response.ContentLength = null;
                        return Task.CompletedTask;
                    });
                    Limit(context, new AnswerLimit.OfObjects(cut.AfterObjects, request.Verb == "list" ? 3 : 1), static async body =>
                    {
                        await body.EndAsync();
                        return false;
                    });
                    break;

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

    private static void Limit(HttpContext context, AnswerLimit limit, Func<LimitedBody, Task<bool>> atLimit)
    {
        var inner = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        context.Features.Set<IHttpResponseBodyFeature>(new LimitedBody(inner, limit, atLimit));
    }
}
