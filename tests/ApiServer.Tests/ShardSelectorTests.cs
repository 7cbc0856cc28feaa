using System.Net;
using System.Text;

namespace CrMonitor.ApiServer.Tests;

/// <summary>
/// Lists and watches of a part of the objects, by the hash of a field (KEP-5866). Real servers of 1.36 pass the parameter over unless a gate is open.
/// </summary>
public sealed class ShardSelectorTests : ServerTest
{
    private const string Lower = "shardRange(object.metadata.uid, '0x0000000000000000', '0x8000000000000000')";
    private const string Upper = "shardRange(object.metadata.uid, '0x8000000000000000', '0x10000000000000000')";

    [Fact]
    public async Task Two_halves_are_the_whole_and_each_says_what_it_is()
    {
        for (var i = 0; i < 40; i++)
        {
            await CreateAsync(ConfigMaps, ConfigMap($"c{i:00}"));
        }

        var (_, all) = await GetAsync(ConfigMaps);
        var (_, lower) = await GetAsync(Path(Lower));
        var (_, upper) = await GetAsync(Path(Upper));
        var (_, both) = await GetAsync(Path($"{Lower}||({Upper})"));

        Assert.All(lower["items"]!.AsArray(), static o => Assert.True(Hash((string)o!["metadata"]!["uid"]!) < 1UL << 63));
        Assert.NotEmpty(Names(lower));
        Assert.NotEmpty(Names(upper));
        Assert.Equal(Names(all), Names(lower).Concat(Names(upper)).Order(StringComparer.Ordinal));
        Assert.Equal(Names(all), Names(both));
        Assert.Equal(Lower, (string?)lower["metadata"]!["shardInfo"]!["selector"]);
        Assert.Equal($"{Lower} || {Upper}", (string?)both["metadata"]!["shardInfo"]!["selector"]);
        Assert.Null(all["metadata"]!["shardInfo"]);
    }

    [Fact]
    public async Task Pages_of_a_part_leave_it_open_how_many_there_are()
    {
        for (var i = 0; i < 40; i++)
        {
            await CreateAsync(ConfigMaps, ConfigMap($"c{i:00}"));
        }

        var (_, page) = await GetAsync($"{Path(Lower)}&limit=2");
        var (_, next) = await GetAsync($"{Path(Lower)}&limit=500&continue={page["metadata"]!["continue"]}");

        Assert.Null(page["metadata"]!["remainingItemCount"]);
        Assert.Equal(Lower, (string?)page["metadata"]!["shardInfo"]!["selector"]);
        Assert.Equal(Names((await GetAsync(Path(Lower))).Body), Names(page).Concat(Names(next)));
    }

    [Fact]
    public async Task A_watch_sees_the_events_of_its_part()
    {
        using var watch = await WatchAsync(ConfigMaps, $"&shardSelector={Uri.EscapeDataString(Lower)}");
        var names = new List<string>();
        for (var i = 0; i < 40; i++)
        {
            var (_, created) = await CreateAsync(ConfigMaps, ConfigMap($"c{i:00}"));
            if (Hash((string)created["metadata"]!["uid"]!) < 1UL << 63)
            {
                names.Add($"ADDED c{i:00}");
            }
        }

        foreach (var name in names)
        {
            Assert.Equal(name, await watch.NextNameAsync());
        }
    }

    [Fact]
    public async Task A_namespace_is_in_one_part_with_all_its_objects()
    {
        await CreateAsync(ConfigMaps, ConfigMap("a"));
        await CreateAsync("/api/v1/namespaces/kube-system/configmaps", ConfigMap("b"));
        var hash = Hash("default");

        var (_, part) = await GetAsync(
            $"/api/v1/configmaps?shardSelector={Uri.EscapeDataString($"shardRange(object.metadata.namespace, '0x{hash:x16}', '0x{hash + 1:x16}')")}");

        Assert.Equal(["a"], Names(part));
    }

    [Theory]
    [InlineData(" ", "empty shard selector is not allowed; omit the parameter for unfiltered lists")]
    [InlineData("object.metadata.uid", "unexpected expression kind 7; expected shardRange() call or || operator")]
    [InlineData("'x'", "unexpected expression kind 5; expected shardRange() call or || operator")]
    [InlineData("hashRange(object.metadata.uid, '0x0', '0x1')", "unsupported function \"hashRange\"; only shardRange() and || are allowed")]
    [InlineData(Lower + " && " + Upper, "unsupported function \"_&&_\"; only shardRange() and || are allowed")]
    [InlineData("shardRange(object.metadata.uid)", "shardRange() requires exactly 3 arguments, got 1")]
    [InlineData(
        "shardRange(object.metadata.name, '0x0', '0x1')", "unsupported field path \"object.metadata.name\"; supported: object.metadata.uid, object.metadata.namespace")]
    [InlineData("shardRange(object.metadata.uid, x, '0x1')", "hexStart must be a string literal (e.g. '0xff'), got expression kind 3")]
    [InlineData("shardRange(object.metadata.uid, '1', '0x1')", "hexStart must have '0x' prefix, got \"1\"")]
    [InlineData(
        "shardRange(object.metadata.uid, '0x0', '0x1')",
        "hexStart must be a 0x-prefixed 16-digit hex value, got \"0x0\" (did you mean \"0x0000000000000000\"?)")]
    [InlineData("shardRange(object.metadata.uid, '0x000000000000000G', '0x1')", "hexStart: invalid hex character \"G\" in \"0x000000000000000G\"")]
    [InlineData(
        "shardRange(object.metadata.uid, '0x8000000000000000', '0x8000000000000000')",
        "shard range start 0x8000000000000000 must be less than end 0x8000000000000000")]
    [InlineData(
        Lower + "||shardRange(object.metadata.namespace, '0x0000000000000000', '0x8000000000000000')",
        "all shard ranges must use the same field, got \"object.metadata.uid\" and \"object.metadata.namespace\"")]
    public async Task What_is_no_selector_is_refused_as_a_cluster_does(string selector, string why)
    {
        var (status, answer) = await GetAsync(Path(selector));

        Assert.Equal((HttpStatusCode.InternalServerError, $"invalid shard selector: {why}"), (status, (string?)answer["message"]));
    }

    [Theory]
    [InlineData("shardRange(")]
    [InlineData("shardRange(object.metadata.uid, '0x0")]
    [InlineData("))")]
    public async Task What_is_no_expression_is_refused(string selector)
    {
        var (status, answer) = await GetAsync(Path(selector));

        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.StartsWith("invalid shard selector: CEL parse error: ", (string?)answer["message"], StringComparison.Ordinal);
    }

    private static string Path(string selector) => $"{ConfigMaps}?shardSelector={Uri.EscapeDataString(selector)}";

    private static ulong Hash(string value) =>
        Encoding.UTF8.GetBytes(value).Aggregate(0xcbf29ce484222325UL, static (hash, b) => unchecked((hash ^ b) * 0x100000001b3UL));
}
