using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Tests;

public sealed class TlsTests : ServerTest
{
    private const string BearerToken = "s3cret.token";

    protected override EmbeddedApiServerOptions Options() => new() { TimeProvider = Time, UsesTls = true, BearerToken = BearerToken };

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_client_that_trusts_the_certificate_is_served_over_either_version_of_HTTP(string version)
    {
        using var client = TrustingClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/namespaces/default")
        {
            Version = System.Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", BearerToken) },
        };

        using var response = await client.SendAsync(request, Token);

        Assert.Equal((HttpStatusCode.OK, System.Version.Parse(version)), (response.StatusCode, response.Version));
    }

    [Fact]
    public async Task A_client_that_does_not_trust_the_certificate_breaks_off()
    {
        using var client = new HttpClient { BaseAddress = Server.Url };

        var failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("/version", UriKind.Relative), Token));

        Assert.Equal(HttpRequestError.SecureConnectionError, failure.HttpRequestError);
    }

    [Theory]
    [InlineData("Bearer another")]
    [InlineData("Basic s3cret.token")]
    [InlineData(null)]
    public async Task A_request_without_the_token_is_unauthorized(string? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, ConfigMaps);
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        using var response = await Client.SendAsync(request, Token);

        var status = JsonNode.Parse(await response.Content.ReadAsStringAsync(Token));
        var expected = JsonNode.Parse(
            """{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}""");
        Assert.True(JsonNode.DeepEquals(expected, status), status?.ToJsonString());
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task Health_needs_no_token() => Assert.Equal("ok", await Client.GetStringAsync(new Uri("/readyz", UriKind.Relative), Token));

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("a\nb: c")]
    public void A_token_that_a_header_could_not_carry_is_refused(string token) =>
        Assert.Throws<ArgumentException>("value", () => new EmbeddedApiServerOptions { BearerToken = token });

    [Fact]
    public async Task Kubectl_works_with_the_kubeconfig()
    {
        using var kubectl = WireKubectl.For(Server);

        Assert.Equal("configmap/c created\n", await kubectl.RunAsync("create", "configmap", "c", "--from-literal=a=1"));
        Assert.Equal("1", await kubectl.RunAsync("get", "configmap", "c", "-o", "jsonpath={.data.a}"));
    }

    private HttpClient TrustingClient()
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { X509Certificate2.CreateFromPem(Server.CertificatePem) },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        };
        return new HttpClient(handler) { BaseAddress = Server.Url };
    }
}
