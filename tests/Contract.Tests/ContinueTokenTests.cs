using System.Buffers.Text;
using System.Text;

namespace CrMonitor.Contract.Tests;

/// <summary>Tokens that a client has from elsewhere: of an expired list, or made up.</summary>
public sealed class ContinueTokenTests(Servers servers) : ContractTest(servers)
{
    private const string Prefix = "invalid continue token: continue key is not valid: ";

    [Theory, BothServers]
    public async Task A_token_without_a_revision_goes_on_with_the_latest_state(ServerKind server)
    {
        await UseAsync(server);
        foreach (var name in (string[])["a", "b", "c", "d"])
        {
            await GivenAsync(name);
        }

        foreach (var (start, expected) in ((string, string[])[])
        [
            ("a\\u0000", ["b", "c"]),
            ("/a\\u0000", ["b", "c"]),
            ("b", ["b", "c"]),
            ("bb", ["c", "d"]),
            ("d\\u0000", []),
        ])
        {
            foreach (var revision in (int[])[-1, -5])
            {
                var page = await ListAsync($$"""{"v":"meta.k8s.io/v1","rv":{{revision}},"start":"{{start}}"}""");

                Assert.Equal((200, string.Join(' ', expected)), (page.Status, string.Join(' ', page.Names)));
            }
        }
    }

    [Theory, BothServers]
    public async Task A_page_that_goes_on_with_the_latest_state_is_followed_by_one_of_that_state(ServerKind server)
    {
        await UseAsync(server);
        foreach (var name in (string[])["a", "b", "c", "d"])
        {
            await GivenAsync(name);
        }

        var page = (await ListAsync("""{"v":"meta.k8s.io/v1","rv":-1,"start":"a\u0000"}""")).Succeeds();
        (await DeleteAsync("d")).Succeeds();
        var next = (await GetAsync($"{Collection}?limit=2&continue={page.Metadata["continue"]}")).Succeeds();

        Assert.Equal(["b", "c"], page.Names);
        Assert.Equal(["d"], next.Names);
        Assert.Equal(page.Version, next.Version);
    }

    [Theory, BothServers]
    public async Task A_token_that_cannot_be_is_refused(ServerKind server)
    {
        await UseAsync(server);

        (await ListAsync("""{"v":"meta.k8s.io/v1","rv":0,"start":"a\u0000"}""")).Refuses(
            400, "BadRequest", $"{Prefix}incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
        (await ListAsync("""{"v":"meta.k8s.io/v9","rv":1,"start":"a\u0000"}""")).Refuses(
            400, "BadRequest", $"{Prefix}server does not recognize this encoded version meta.k8s.io/v9");
        (await ListAsync("""{"v":"meta.k8s.io/v1","rv":1}""")).Refuses(
            400, "BadRequest", $"{Prefix}encoded start key empty (version meta.k8s.io/v1)");
    }

    private Task<Answer> ListAsync(string token) =>
        GetAsync($"{Collection}?limit=2&continue={Base64Url.EncodeToString(Encoding.UTF8.GetBytes(token))}");
}
