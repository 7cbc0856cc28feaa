using System.Diagnostics;
using System.Globalization;
using CrMonitor.Informers;

namespace CrMonitor.Controllers;

/// <summary>Counts and times every request, and makes those of a reconcile spans of it.</summary>
internal sealed class MeasuredTransport(IKubeTransport inner, ControllerInstruments instruments, TimeProvider time) : IKubeTransport
{
    // As client-go counts a request that nobody answered.
    private const string NoCode = "<error>";

    private static readonly ActivitySource Activities = new(ControllersTelemetry.ActivitySourceName);

    private readonly string _host = inner.BaseUri.Authority;

    public Uri BaseUri => inner.BaseUri;

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var method = request.Method.Method;
        using var span = StartSpan(method, request);
        var code = NoCode;
        var start = time.GetTimestamp();
        try
        {
            var response = await inner.SendAsync(request, cancellationToken);
            code = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
            span?.SetTag("http.response.status_code", (int)response.StatusCode);
            if (!response.IsSuccessStatusCode)
            {
                span?.SetStatus(ActivityStatusCode.Error, code);
            }

            return response;
        }
        catch (Exception e)
        {
            span?.SetTag("error.type", e.GetType().FullName);
            span?.SetStatus(ActivityStatusCode.Error, e.GetType().Name);
            throw;
        }
        finally
        {
            instruments.Requested(method, _host, code, time.GetElapsedTime(start));
        }
    }

    /// <summary>Counts what is known of a call only when its body has been read: sizes, and whether it was a repetition.</summary>
    public void Attempted(RestAttempt attempt) => instruments.Attempted(
        attempt.Request.Method.Method,
        _host,
        attempt.StatusCode is { } code ? ((int)code).ToString(CultureInfo.InvariantCulture) : NoCode,
        attempt.Number > 0,
        attempt.Request.Body.Length,
        attempt.StatusCode is null ? null : attempt.ResponseLength);

    // Lists and watches of the informers belong to no run, and last for minutes.
    private Activity? StartSpan(string method, HttpRequestMessage request)
    {
        if (Activity.Current?.Source.Name != ControllersTelemetry.ActivitySourceName)
        {
            return null;
        }

        var resource = ResourceOf(request.RequestUri!.OriginalString);
        var span = Activities.StartActivity($"{method} {resource}", ActivityKind.Client);
        span?.SetTag("http.request.method", method);
        span?.SetTag("server.address", inner.BaseUri.Host);
        span?.SetTag("server.port", inner.BaseUri.Port);
        span?.SetTag("k8s.resource", resource);
        return span;
    }

    /// <summary>The plural and subresource of a path, without names of objects, which would make each span's name another one.</summary>
    internal static string ResourceOf(string path)
    {
        var parts = path.Split('?')[0].Split('/', StringSplitOptions.RemoveEmptyEntries);
        var rest = parts switch
        {
            ["api", _, .. var core] => core,
            ["apis", _, _, .. var grouped] => grouped,
            _ => [],
        };
        rest = rest is ["namespaces", _, _, ..] ? rest[2..] : rest;
        return rest switch
        {
            [var plural, _, var subresource, ..] => $"{plural}/{subresource}",
            [var plural, ..] => plural,
            _ => "other",
        };
    }
}
