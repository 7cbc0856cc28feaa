namespace CrMonitor.Informers.Tests;

/// <summary>A view against an informer with a cache of its own: both are sent the same bytes, at random.</summary>
public sealed class ViewModelTests
{
    private const int Steps = 30;
    private const int Names = 6;

    // What holds in the end: handlers were told the same of each object, and lists, selectors, indexes, look-ups and invalid objects agree.
    // Where recreations are split, a view tells the end of an object as soon as another takes its place, be that readable or not.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_view_shows_and_tells_what_an_own_cache_does(bool splits)
    {
        for (var seed = 0; seed < 15; seed++)
        {
            var random = new Random(seed);
            await using var own = Twin.WithOwnCache(splits);
            await using var view = Twin.AsView(splits);
            Assert.IsType<SharedInformer<Widget>>(own.Informer);
            Assert.IsType<InformerView<DynamicObject, Widget>>(view.Informer);
            var server = new Dictionary<int, (string Uid, string Json)>();
            var version = 20;
            Change(random, server, 10, [], hasInvalid: !splits);

            var items = Listed(server);
            await Task.WhenAll(own.SyncAsync($"{version}", items), view.SyncAsync($"{version}", items));
            for (var step = 0; step < Steps; step++)
            {
                if (random.Next(6) == 0)
                {
                    version = Change(random, server, version, [], hasInvalid: !splits);
                    items = Listed(server);
                    await Task.WhenAll(own.RelistAsync($"{version}", items), view.RelistAsync($"{version}", items));
                }
                else
                {
                    List<string> events = [];
                    version = Change(random, server, version, events, hasInvalid: !splits);
                    await Task.WhenAll(own.SendAsync([.. events], $"{version}"), view.SendAsync([.. events], $"{version}"));
                }
            }

            await Task.WhenAll(own.EndAsync().AsTask(), view.EndAsync().AsTask());
            AssertSame(own, view, seed);
        }
    }

    private static void AssertSame(Twin own, Twin view, int seed)
    {
        var (left, right) = (own.Informer, view.Informer);
        for (var i = 0; i < Names; i++)
        {
            var (expected, told) = (own.Told(Key(i)), view.Told(Key(i)));
            Assert.True(
                expected.SequenceEqual(told),
                $"seed {seed}: told\n{string.Join('\n', expected)}\n\nand as a view\n{string.Join('\n', told)}");
        }

        Assert.Equal(Described(left.Lister.List()), Described(right.Lister.List()));
        Assert.Equal(left.Lister.Count, right.Lister.Count);
        Assert.Equal(
            left.InvalidObjects.Select(invalid => $"{invalid} {invalid.Uid} {invalid.ResourceVersion} {invalid.JsonPath}").Order(),
            right.InvalidObjects.Select(invalid => $"{invalid} {invalid.Uid} {invalid.ResourceVersion} {invalid.JsonPath}").Order());
        foreach (var selector in new[] { "tier=x", "tier!=y", "tier in (x, z)", "!tier" }.Select(LabelSelector.Parse))
        {
            // Of a state that cannot be read the stored labels count, not those of the state before.
            var unread = right.InvalidObjects.Select(invalid => invalid.Key).ToHashSet();
            Assert.Equal(
                Described(left.Lister.List(selector: selector).Where(widget => !unread.Contains(ObjectKey.Of(widget)))),
                Described(right.Lister.List(selector: selector).Where(widget => !unread.Contains(ObjectKey.Of(widget)))));
        }

        for (var i = 0; i < Names; i++)
        {
            Assert.Equal(Described(own.BySize.Find(i)), Described(view.BySize.Find(i)));
            Assert.Equal(Twin.Describe(left.Lister.Get(Key(i))), Twin.Describe(right.Lister.Get(Key(i))));
        }
    }

    private static IEnumerable<string> Described(IEnumerable<Widget> widgets) => widgets.Select(Twin.Describe).Order(StringComparer.Ordinal);

    // One to three changes of different objects; those of one object in one read may be merged sooner or later.
    private static int Change(Random random, Dictionary<int, (string Uid, string Json)> server, int version, List<string> events, bool hasInvalid)
    {
        foreach (var name in Enumerable.Range(0, Names).OrderBy(_ => random.Next()).Take(random.Next(1, 4)))
        {
            version++;
            var isKnown = server.Remove(name, out var old);
            var uid = isKnown && random.Next(5) > 0 ? old.Uid : $"{version}-";
            if (isKnown && random.Next(4) == 0)
            {
                events.Add(Json.Event("DELETED", NewWidget(random, name, version, old.Uid, hasInvalid)));
                continue;
            }

            server[name] = (uid, NewWidget(random, name, version, uid, hasInvalid));
            events.Add(Json.Event(isKnown ? "MODIFIED" : "ADDED", server[name].Json));
        }

        return version;
    }

    private static string NewWidget(Random random, int name, int version, string uid, bool isInvalid)
    {
        var labels = random.Next(4) switch
        {
            0 => "{}",
            var tier => $$"""{"tier":"{{"xyz"[tier - 1]}}","n":"{{random.Next(3)}}"}""",
        };
        var widget = Json.Widget($"w{name}", version, random.Next(Names), uid: uid, labels: labels);
        return isInvalid && random.Next(5) == 0
            ? widget.Replace("\"spec\":{\"size\":", "\"spec\":{\"size\":\"many\",\"was\":", StringComparison.Ordinal)
            : widget;
    }

    private static string[] Listed(Dictionary<int, (string Uid, string Json)> server) =>
        [.. server.OrderBy(entry => entry.Key).Select(entry => entry.Value.Json)];

    private static ObjectKey Key(int name) => new("default", $"w{name}");
}
