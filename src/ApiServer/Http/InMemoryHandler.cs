using CrMonitor.ApiServer.Faults;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CrMonitor.ApiServer.Http;

/// <summary>Carries requests to the server without a socket.</summary>
internal sealed class InMemoryHandler(Func<ApiEndpoint?> findEndpoint) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (findEndpoint() is not { } endpoint)
        {
            throw new HttpRequestException(
                HttpRequestError.ConnectionError, $"Connection refused ({request.RequestUri?.Authority}): the server does not listen.");
        }

        var exchange = new InMemoryExchange();
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(await ToFeatureAsync(request, cancellationToken));
        features.Set<IHttpResponseFeature>(exchange);
        features.Set<IHttpResponseBodyFeature>(exchange);
        features.Set<IHttpRequestLifetimeFeature>(exchange);
        var registration = cancellationToken.UnsafeRegister(static e => ((InMemoryExchange)e!).Abort(), exchange);
        try
        {
            var served = ServeAsync(endpoint, new DefaultHttpContext(features), exchange);
            await exchange.Started;
            if (served.IsCompleted)
            {
                await served;
            }

            return exchange.ToResponse(request);
        }
        catch (IOException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new HttpRequestException(HttpRequestError.ResponseEnded, "The connection was closed before the answer.", e);
        }
        finally
        {
            // From here on, whoever reads the body ends it.
            await registration.DisposeAsync();
        }
    }

    private static async Task ServeAsync(ApiEndpoint endpoint, HttpContext context, InMemoryExchange exchange)
    {
        try
        {
            await endpoint.ServeAsync(context);
        }
        catch (AnswerCutException)
        {
            exchange.Break();
        }

        await exchange.EndAsync();
    }

    private static async Task<HttpRequestFeature> ToFeatureAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var uri = request.RequestUri!;
        var feature = new HttpRequestFeature
        {
            Method = request.Method.Method,
            Protocol = "HTTP/1.1",
            Scheme = uri.Scheme,
            Path = Uri.UnescapeDataString(uri.AbsolutePath),
            QueryString = uri.Query,
            RawTarget = uri.PathAndQuery,
        };
        foreach (var (name, values) in request.Headers.NonValidated)
        {
            feature.Headers[name] = values.ToString();
        }

        if (request.Content is { } content)
        {
            foreach (var (name, values) in content.Headers.NonValidated)
            {
                feature.Headers[name] = values.ToString();
            }

            var body = await content.ReadAsByteArrayAsync(cancellationToken);
            feature.Body = new MemoryStream(body, writable: false);
            feature.Headers.ContentLength = body.Length;
        }

        return feature;
    }
}
