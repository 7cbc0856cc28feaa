using k8s.Models;

namespace CrMonitor.Informers.Tests;

public sealed class LabelSelectorTests
{
    private static readonly Dictionary<string, string> Web = new() { ["app"] = "web", ["tier"] = "front", ["weight"] = "7", ["empty"] = "" };

    [Theory]
    [InlineData("", true)]
    [InlineData("app", true)]
    [InlineData("absent", false)]
    [InlineData("!app", false)]
    [InlineData("!absent", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web", true)]
    [InlineData(" app = web , tier != back ", true)]
    [InlineData("app=db", false)]
    [InlineData("app!=web", false)]
    [InlineData("absent!=web", true)]
    [InlineData("app in (db, web)", true)]
    [InlineData("app in (db)", false)]
    [InlineData("app notin (db,cache)", true)]
    [InlineData("absent notin (db)", true)]
    [InlineData("app notin (web)", false)]
    [InlineData("empty=", true)]
    [InlineData("empty in (,x)", true)]
    [InlineData("app=", false)]
    [InlineData("weight>6", true)]
    [InlineData("weight>7", false)]
    [InlineData("weight<8", true)]
    [InlineData("app>1", false)]
    [InlineData("absent<8", false)]
    [InlineData("in in (in)", false)]
    [InlineData("app=web,tier=back", false)]
    public void A_selector_matches_as_kubectl_says(string selector, bool matches)
    {
        Assert.Equal(matches, LabelSelector.Parse(selector).Matches(Web));
    }

    [Theory]
    [InlineData("app=web=x", "character 8")]
    [InlineData("app in", "'('")]
    [InlineData("app in (a", "',' or ')'")]
    [InlineData("app like web", "'like'")]
    [InlineData(",app", "label key")]
    [InlineData("app,", "label key")]
    [InlineData("!", "label key")]
    [InlineData("-app=web", "not a label key")]
    [InlineData("UPPER.example.com/app=web", "DNS name")]
    [InlineData("/app=web", "DNS name")]
    [InlineData("app=-web", "not a value")]
    [InlineData("weight>heavy", "whole number")]
    public void Text_that_is_no_selector_is_refused_with_the_place_and_the_reason(string selector, string reason)
    {
        var error = Assert.Throws<FormatException>(() => LabelSelector.Parse(selector));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_or_value_that_is_too_long_is_refused()
    {
        Assert.True(LabelSelector.TryParse($"{new string('a', 63)}={new string('b', 63)}", out _, out _));
        Assert.False(LabelSelector.TryParse($"{new string('a', 64)}=b", out _, out _));
        Assert.False(LabelSelector.TryParse($"a={new string('b', 64)}", out _, out _));
        Assert.False(LabelSelector.TryParse($"{string.Join('.', Enumerable.Repeat("abcdefghi", 26))}/a=b", out _, out _));
    }

    [Fact]
    public void The_canonical_text_is_read_back_as_an_equal_selector_whatever_the_order()
    {
        var selector = LabelSelector.Parse("z notin (b,a),y,!x,w==1,v!=2,u>3,t<4,s in (q,p,q)");

        Assert.Equal("!x,s in (p,q),t<4,u>3,v!=2,w=1,y,z notin (a,b)", selector.ToString());
        Assert.Equal(selector, LabelSelector.Parse(selector.ToString()));
        Assert.Equal(selector.GetHashCode(), LabelSelector.Parse("y,w=1,v!=2,!x,u>3,t<4,s in (p,q),z notin (a,b)").GetHashCode());
    }

    [Fact]
    public void No_selector_of_an_object_matches_nothing_and_an_empty_one_everything()
    {
        Assert.False(LabelSelector.Of(null).Matches(Web));
        Assert.True(LabelSelector.Of(new V1LabelSelector()).Matches(Web));
        Assert.NotEqual(LabelSelector.Nothing, LabelSelector.Everything);
    }

    [Fact]
    public void The_selector_of_an_object_is_read_with_all_its_operators()
    {
        var selector = LabelSelector.Of(new V1LabelSelector
        {
            MatchLabels = new Dictionary<string, string> { ["app"] = "web" },
            MatchExpressions =
            [
                new V1LabelSelectorRequirement { Key = "tier", OperatorProperty = "NotIn", Values = ["back"] },
                new V1LabelSelectorRequirement { Key = "weight", OperatorProperty = "Exists" },
                new V1LabelSelectorRequirement { Key = "gone", OperatorProperty = "DoesNotExist" },
            ],
        });

        Assert.Equal("!gone,app=web,tier!=back,weight", selector.ToString());
        Assert.True(selector.Matches(Web));
        Assert.Throws<FormatException>(() => LabelSelector.Of(new V1LabelSelector
        {
            MatchExpressions = [new V1LabelSelectorRequirement { Key = "a", OperatorProperty = "Near", Values = ["b"] }],
        }));
    }
}
