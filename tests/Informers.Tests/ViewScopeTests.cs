using System.Text;

namespace CrMonitor.Informers.Tests;

/// <summary>
/// A view of several namespaces, one of them with a selector of its own, against an informer with a cache of its own: both are sent the same bytes,
/// and have the same answers of own writes noted, at random.
/// </summary>
public sealed class ViewScopeTests
{
    private const int Steps = 40;
    private const int Names = 4;

    private static readonly string[] Namespaces = ["a", "b"];

    // Of "c" nothing is asked for: answers from there are none of the scope's.
    private static readonly string[] Written = ["a", "b", "c"];

    private static readonly InformerScope Scope = new()
    {
        Namespaces = Namespaces,
        ByNamespace = new Dictionary<string, ScopeSelectors> { ["b"] = new() { LabelSelector = LabelSelector.Parse("tier=x") } },
    };

    private readonly Dictionary<ObjectKey, Stored> _server = [];
    private int _version = 20;

    // What holds after each step: lists (of all and of one namespace), indexes and look-ups agree; in the end, what handlers were told.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    public async Task A_view_of_several_namespaces_shows_and_tells_what_an_own_cache_does(int seed)
    {
        var random = new Random(seed);
        await using var own = Twin.WithOwnCache(splits: false, Scope);
        await using var view = Twin.AsView(splits: false, Scope);
        Assert.IsType<SharedInformer<Widget>>(own.Informer);
        Assert.IsType<InformerView<DynamicObject, Widget>>(view.Informer);
        Change(random);
        await BothAsync(twin => twin.SyncAsync($"{_version}", Listed()));
        for (var step = 0; step < Steps; step++)
        {
            var events = Change(random, twin =>
            {
                twin(own);
                twin(view);
            });
            await (random.Next(6) == 0
                ? BothAsync(twin => twin.RelistAsync($"{_version}", Listed()))
                : BothAsync(twin => twin.SendAsync(events, $"{_version}")));
            AssertSame(own, view, $"seed {seed}, step {step}");
        }

        await BothAsync(twin => twin.EndAsync().AsTask());
        foreach (var key in Keys())
        {
            var (expected, told) = (own.Told(key), view.Told(key));
            Assert.True(
                expected.SequenceEqual(told), $"seed {seed}: told\n{string.Join('\n', expected)}\n\nand as a view\n{string.Join('\n', told)}");
        }

        Task BothAsync(Func<Twin, Task> act) => Task.WhenAll(act(own), act(view));
    }

    [Fact]
    public async Task An_answer_in_a_views_own_form_counts_within_the_scope_alone()
    {
        await using var twin = Twin.AsView(splits: false, Scope);
        var listed = Json.Widget("w", 5, ns: "b", labels: """{"tier":"x"}""");
        await twin.SyncAsync("20", new Dictionary<string, string[]> { ["a"] = [], ["b"] = [listed] });
        var (view, index) = (twin.Informer, twin.BySize);

        view.NoteWrite(Widget("a", "w", 21, "y"));
        view.NoteWrite(Widget("b", "v", 22, "y"));
        view.NoteWrite(Widget("c", "w", 23, "x"));
        Assert.Equal(["a/w", "b/w"], Shown());
        Assert.Equal(["a"], view.Lister.List("a").Select(widget => widget.Metadata.NamespaceProperty));
        Assert.Equal(["a/w"], index.Find(9).Select(widget => ObjectKey.Of(widget).ToString()));

        // It no longer has the label that its namespace is asked for with.
        view.NoteWrite(Widget("b", "w", 24, "y"));
        Assert.Equal(["a/w"], Shown());
        Assert.Equal(1, view.Lister.Count);

        // Each namespace has versions of its own: that "b" has come so far says nothing of "a".
        await twin.SendAsync(new Dictionary<string, string[]> { ["b"] = [Json.Event("DELETED", Json.Widget("w", 24, ns: "b"))] }, ["b"]);
        Assert.Equal(["a/w"], Shown());
        await twin.SendAsync(new Dictionary<string, string[]> { ["a"] = [Json.Event("ADDED", Json.Widget("w", 25, 1, ns: "a"))] }, "25");
        Assert.Equal(["a/w"], Shown());
        Assert.Empty(index.Find(9));

        IEnumerable<string> Shown() => view.Lister.List().Select(widget => ObjectKey.Of(widget).ToString()).Order();
    }

    private static Widget Widget(string ns, string name, int version, string tier) => System.Text.Json.JsonSerializer.Deserialize(
        Json.Widget(name, version, 9, ns, labels: $$"""{"tier":"{{tier}}"}"""), WidgetJson.Default.Widget)!;

    private static IEnumerable<ObjectKey> Keys() => Written.SelectMany(ns => Enumerable.Range(0, Names).Select(i => new ObjectKey(ns, $"w{i}")));

    private static bool IsAskedFor(ObjectKey key, Stored? stored) => stored is not null && (key.Namespace != "b" || stored.Tier == "x");

    private static void AssertSame(Twin own, Twin view, string where)
    {
        var (left, right) = (own.Informer, view.Informer);
        Agree(left.Lister.List(), right.Lister.List());
        Agree(left.Lister.List(selector: LabelSelector.Parse("tier=x")), right.Lister.List(selector: LabelSelector.Parse("tier=x")));
        Assert.Equal((left.Lister.Count, left.Lister.ResourceVersion), (right.Lister.Count, right.Lister.ResourceVersion));
        Assert.All(Written, ns => Agree(left.Lister.List(ns), right.Lister.List(ns)));
        Assert.All(Enumerable.Range(0, Names), size => Agree(own.BySize.Find(size), view.BySize.Find(size)));
        Assert.All(Keys(), key => Assert.Equal(Twin.Describe(left.Lister.Get(key)), Twin.Describe(right.Lister.Get(key))));

        void Agree(IEnumerable<Widget> expected, IEnumerable<Widget> actual)
        {
            var (one, other) = (Described(expected), Described(actual));
            Assert.True(one == other, $"{where}:\n{one}\n\nand as a view\n{other}");
        }

        static string Described(IEnumerable<Widget> widgets) => string.Join('\n', widgets.Select(Twin.Describe).Order(StringComparer.Ordinal));
    }

    // One to four writes; of some the answer is noted, before the events come. Returns the events that the selector of each namespace lets through.
    private Dictionary<string, string[]> Change(Random random, Action<Action<Twin>>? note = null)
    {
        var events = Namespaces.ToDictionary(ns => ns, _ => new List<string>());
        foreach (var key in Keys().OrderBy(_ => random.Next()).Take(random.Next(1, 5)).ToArray())
        {
            _version++;
            var before = _server.GetValueOrDefault(key);
            var after = before is not null && random.Next(3) == 0 ? null : NewWidget(random, key, before);
            _server.Remove(key);
            if (after is not null)
            {
                _server.Add(key, after);
            }

            var isNoted = random.Next(3) == 0;
            if (isNoted && after is not null)
            {
                note?.Invoke(twin => twin.Informer.NoteWrite(Encoding.UTF8.GetBytes(after.Json)));
            }
            else if (isNoted)
            {
                note?.Invoke(twin => twin.Informer.NoteDelete(key, before!.Uid + key.Name));
            }

            if (!events.TryGetValue(key.Namespace!, out var ofNamespace))
            {
                continue;
            }

            var (was, isNow) = (IsAskedFor(key, before), IsAskedFor(key, after));
            if (was || isNow)
            {
                var last = after ?? before! with { Json = Json.Widget(key.Name, _version, 0, key.Namespace!, before.Uid) };
                ofNamespace.Add(Json.Event(!isNow ? "DELETED" : was ? "MODIFIED" : "ADDED", last.Json));
            }
        }

        return events.ToDictionary(entry => entry.Key, entry => entry.Value.ToArray());
    }

    private Stored NewWidget(Random random, ObjectKey key, Stored? before)
    {
        var uid = before is null || random.Next(6) == 0 ? $"{_version}-" : before.Uid;
        var tier = random.Next(2) == 0 ? "x" : "y";
        return new Stored(uid, tier, Json.Widget(key.Name, _version, random.Next(Names), key.Namespace!, uid, $$"""{"tier":"{{tier}}"}"""));
    }

    private Dictionary<string, string[]> Listed() => Namespaces.ToDictionary(
        ns => ns,
        ns => _server.Where(entry => entry.Key.Namespace == ns && IsAskedFor(entry.Key, entry.Value)).Select(entry => entry.Value.Json).ToArray());

    private sealed record Stored(string Uid, string Tier, string Json);
}
