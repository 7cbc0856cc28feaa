using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CrMonitor.ApiServer.Http;

/// <summary>
/// Kestrel on one port of the loopback address, without a host around it: nothing is configured from outside, and it starts in milliseconds.
/// </summary>
internal sealed class Listener : IAsyncDisposable
{
    private readonly KestrelServer _kestrel;

    private readonly WebApplication? _services;

    private Listener(KestrelServer kestrel, WebApplication? services, int port)
    {
        _kestrel = kestrel;
        _services = services;
        Port = port;
    }

    public int Port { get; }

    /// <param name="port">The port; 0 for a free one.</param>
    /// <param name="certificate">The certificate for TLS; <see langword="null"/> for plain HTTP.</param>
    /// <param name="endpoint">What serves the requests.</param>
    /// <param name="loggers">Where Kestrel logs.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The port is in use, or may not be used.</exception>
    public static async Task<Listener> StartAsync(
        int port, X509Certificate2? certificate, ApiEndpoint endpoint, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var services = certificate is null ? null : CreateTlsServices();
        var options = new KestrelServerOptions { AddServerHeader = false, ApplicationServices = services?.Services! };
        options.Listen(IPAddress.Loopback, port, listen =>
        {
            // Without TLS there is nothing by which client and server could agree on HTTP/2.
            listen.Protocols = certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
            if (certificate is not null)
            {
                listen.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificate = certificate });
            }
        });

        // Bodies are bounded where they are read, watches by how far they lag behind.
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;

        // Nothing here blocks the thread that it is given, so that bytes need not change threads on their way between socket and endpoint.
        var transport = new SocketTransportOptions { UnsafePreferInlineScheduling = true };
        var kestrel = new KestrelServer(Options.Create(options), new SocketTransportFactory(Options.Create(transport), loggers), loggers);
        try
        {
            await kestrel.StartAsync(new Application(endpoint), cancellationToken);
        }
        catch (Exception e)
        {
            kestrel.Dispose();
            await DisposeAsync(services);
            if (e is IOException or SocketException)
            {
                throw CannotBind(port, e);
            }

            throw;
        }

        var address = kestrel.Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new Listener(kestrel, services, new Uri(address).Port);
    }

    public static IOException CannotBind(int port, Exception reason) => new(
        $"The API server cannot listen on 127.0.0.1:{port}: {reason.GetBaseException().Message}. "
        + "End what holds the port, or set EmbeddedApiServerOptions.Port to another one (0 takes any that is free).",
        reason);

    public async ValueTask DisposeAsync()
    {
        // Cancelled beforehand: connections are broken, not waited for.
        await _kestrel.StopAsync(new CancellationToken(canceled: true));
        _kestrel.Dispose();
        await DisposeAsync(_services);
    }

    /// <summary>What Kestrel's TLS takes from a container: an empty application's, which reads no configuration and is never run.</summary>
    private static WebApplication CreateTlsServices()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        return builder.Build();
    }

    private static ValueTask DisposeAsync(WebApplication? services) => services?.DisposeAsync() ?? ValueTask.CompletedTask;

    private sealed class Application(ApiEndpoint endpoint) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => endpoint.ServeAsync(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }
    }
}
