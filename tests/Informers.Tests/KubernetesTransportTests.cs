using System.Net;
using System.Net.Http.Headers;
using System.Text;
using CrMonitor.ApiServer;
using k8s;
using k8s.Authentication;

namespace CrMonitor.Informers.Tests;

/// <summary>The way over sockets, TLS and KubernetesClient's configuration, against the embedded server.</summary>
public sealed class KubernetesTransportTests
{
    private const string Collection = "/apis/test.crmonitor.dev/v1/widgets";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_kubeconfig_with_TLS_and_a_token_is_enough_and_HTTP_2_is_spoken()
    {
        await using var server = await StartAsync();
        using var transport = new KubernetesTransport(await ConfigurationAsync(server));
        await WidgetDefinition.CreateAsync(new RestClient(transport));
        await using var factory = new SharedInformerFactory(transport);
        var informer = factory.Informer(WidgetJson.Resource);
        var handler = new RecordingHandler();
        informer.AddHandler(handler);
        factory.Start();
        await factory.WaitForSyncAsync(Cancellation);

        await new RestClient(transport).SendAsync(Create("a"), Cancellation);
        Assert.Equal("Added default/a ->1", await handler.NextTextAsync());

        using var response = await transport.SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri(Collection, UriKind.Relative)), Cancellation);
        Assert.Equal(HttpVersion.Version20, response.Version);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Headers_are_there_before_the_body_has_a_byte()
    {
        await using var server = await StartAsync();
        using var transport = new KubernetesTransport(await ConfigurationAsync(server));
        await WidgetDefinition.CreateAsync(new RestClient(transport));

        using var watch = await transport.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, new Uri($"{Collection}?watch=true&resourceVersion={server.Revision}", UriKind.Relative)), Cancellation);
        await using var body = await watch.Content.ReadAsStreamAsync(Cancellation);
        var first = body.ReadAsync(new byte[1], Cancellation);
        Assert.False(first.IsCompleted, "nothing has happened yet");
        await new RestClient(transport).SendAsync(Create("a"), Cancellation);
        Assert.Equal(1, await first);
    }

    [Fact]
    public async Task A_refused_token_is_a_refusal_and_not_an_exception_of_the_transport()
    {
        await using var server = await StartAsync();
        var configuration = await ConfigurationAsync(server);
        configuration.AccessToken = "wrong";
        using var transport = new KubernetesTransport(configuration);

        using var response = await transport.SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri(Collection, UriKind.Relative)), Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task Each_request_asks_for_the_token_that_is_valid_now()
    {
        var seen = new TokenRecorder();
        var configuration = new KubernetesClientConfiguration { Host = "http://127.0.0.1:1", TokenProvider = new Tokens() };
        using var transport = new KubernetesTransport(configuration, seen);
        for (var i = 0; i < 2; i++)
        {
            (await transport.SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri("/version", UriKind.Relative)), Cancellation)).Dispose();
        }

        Assert.Equal(["Bearer token-1", "Bearer token-2"], seen.Headers);
    }

    [Fact]
    public async Task An_exec_plugin_gives_the_token()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The plugin of this test is the command cat.");
        var credential = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            credential, """{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"secret"}}""", Cancellation);
        await using var server = await StartAsync();
        var kubeConfig = server.KubeConfig.Replace(
            "token: secret",
            $"exec: {{ apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: cat, args: ['{credential}'] }}",
            StringComparison.Ordinal);
        Assert.DoesNotContain("token: secret", kubeConfig, StringComparison.Ordinal);
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(kubeConfig));
        using var transport = new KubernetesTransport(await KubernetesClientConfiguration.BuildConfigFromConfigFileAsync(stream));

        using var response = await transport.SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri("/api", UriKind.Relative)), Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        File.Delete(credential);
    }

    [Fact]
    public void Silent_connections_are_pinged_and_the_users_own_setup_has_the_last_word()
    {
        SocketsHttpHandler? handler = null;
        var configuration = new KubernetesClientConfiguration
        {
            Host = "http://127.0.0.1:1",
            FirstMessageHandlerSetup = created =>
            {
                handler = created;
                Assert.Equal(HttpKeepAlivePingPolicy.WithActiveRequests, created.KeepAlivePingPolicy);
                Assert.InRange(created.KeepAlivePingDelay + created.KeepAlivePingTimeout, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(30));
                created.KeepAlivePingDelay = TimeSpan.FromSeconds(99);
            },
        };
        var setup = configuration.FirstMessageHandlerSetup;
        using var transport = new KubernetesTransport(configuration);

        Assert.Equal(TimeSpan.FromSeconds(99), handler!.KeepAlivePingDelay);
        Assert.Same(setup, configuration.FirstMessageHandlerSetup);
    }

    private static Task<EmbeddedApiServer> StartAsync() =>
        EmbeddedApiServer.StartAsync(new EmbeddedApiServerOptions { UsesTls = true, BearerToken = "secret" }, Cancellation);

    private static async Task<KubernetesClientConfiguration> ConfigurationAsync(EmbeddedApiServer server)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(server.KubeConfig));
        return await KubernetesClientConfiguration.BuildConfigFromConfigFileAsync(stream);
    }

    private static KubeRequest Create(string name) => new()
    {
        Method = HttpMethod.Post,
        Path = "/apis/test.crmonitor.dev/v1/namespaces/default/widgets",
        Body = Encoding.UTF8.GetBytes(
            $$"""{"apiVersion":"test.crmonitor.dev/v1","kind":"Widget","metadata":{"name":"{{name}}"},"spec":{"size":1} }"""),
    };

    private sealed class Tokens : ITokenProvider
    {
        private int _count;

        public Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken) =>
            Task.FromResult(new AuthenticationHeaderValue("Bearer", $"token-{++_count}"));
    }

    /// <summary>Answers in place of a server.</summary>
    private sealed class TokenRecorder : DelegatingHandler
    {
        public List<string?> Headers { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Headers.Add(request.Headers.Authorization?.ToString());
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { RequestMessage = request });
        }
    }
}
