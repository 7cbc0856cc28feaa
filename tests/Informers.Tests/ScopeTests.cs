namespace CrMonitor.Informers.Tests;

public sealed class ScopeTests
{
    private static readonly InformerScope Web = Labels("app=web");

    private static readonly InformerScope Mixed = new()
    {
        Namespaces = ["a", "b"],
        LabelSelector = LabelSelector.Parse("app=web"),
        ByNamespace = new Dictionary<string, ScopeSelectors>
        {
            ["b"] = new() { LabelSelector = LabelSelector.Everything, FieldSelector = "metadata.name=x" },
        },
    };

    [Fact]
    public void A_scope_covers_what_asks_for_the_same_or_for_more_than_it_does()
    {
        Assert.True(InformerScope.All.Covers(Web));
        Assert.True(InformerScope.All.Covers(In("a")));
        Assert.True(Web.Covers(Labels("tier in (x,y),app=web")));
        Assert.True(Web.Covers(
            new InformerScope { Namespaces = ["a"], LabelSelector = LabelSelector.Parse("app=web"), FieldSelector = "metadata.name=x" }));
        Assert.True(In("a", "b").Covers(In("b")));
        Assert.True(Mixed.Covers(new InformerScope { Namespaces = ["a"], LabelSelector = LabelSelector.Parse("app=web") }));
        Assert.True(Mixed.Covers(new InformerScope { Namespaces = ["b"], FieldSelector = "metadata.name=x" }));
        Assert.True(Mixed.Covers(Mixed));

        Assert.False(Web.Covers(InformerScope.All));
        Assert.False(Web.Covers(Labels("app in (web,api)")));
        Assert.False(new InformerScope { FieldSelector = "metadata.name=x" }.Covers(InformerScope.All));
        Assert.False(In("a").Covers(InformerScope.All));
        Assert.False(In("a").Covers(In("a", "b")));
        Assert.False(Mixed.Covers(new InformerScope { Namespaces = ["b"], LabelSelector = LabelSelector.Parse("app=web") }));
    }

    [Fact]
    public void Scopes_that_ask_for_the_same_are_equal_however_they_say_it()
    {
        var same = new InformerScope
        {
            Namespaces = ["b", "a"],
            ByNamespace = new Dictionary<string, ScopeSelectors>
            {
                ["a"] = new() { LabelSelector = LabelSelector.Parse("app=web") },
                ["b"] = new() { FieldSelector = "metadata.name=x" },
            },
        };

        Assert.Equal(Mixed, same);
        Assert.Equal(Mixed.GetHashCode(), same.GetHashCode());
        Assert.NotEqual(Mixed, new InformerScope { Namespaces = ["a", "b"], LabelSelector = LabelSelector.Parse("app=web") });
        Assert.Equal("a, b (fields metadata.name=x); labels app=web", Mixed.ToString());
        Assert.Equal("all namespaces", InformerScope.All.ToString());
    }

    [Fact]
    public async Task Selectors_that_cannot_be_sent_or_are_for_no_namespace_of_the_scope_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new InformerScope
        {
            ByNamespace = new Dictionary<string, ScopeSelectors> { ["a"] = new() { LabelSelector = LabelSelector.Nothing } },
        });

        using var server = new ScriptedServer();
        await using var factory = new SharedInformerFactory(server.Transport);
        var failure = Assert.Throws<ArgumentException>(() => factory.Informer(WidgetJson.Resource, new InformerScope
        {
            Namespaces = ["a"],
            ByNamespace = new Dictionary<string, ScopeSelectors> { ["b"] = new() },
        }));
        Assert.Contains("selectors for the namespace 'b', which is none of its own. Add it to Namespaces.", failure.Message);
        Assert.Empty(factory.Informers);
    }

    private static InformerScope In(params string[] namespaces) => new() { Namespaces = namespaces };

    private static InformerScope Labels(string selector) => new() { LabelSelector = LabelSelector.Parse(selector) };
}
