using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Tests;

/// <summary>Patterns mean what they mean to Go, where they differ from .NET's.</summary>
public sealed class SchemaPatternTests
{
    [Theory]
    [InlineData("^a$", "a", true)]
    [InlineData("^a$", "a\n", false)]
    [InlineData("(?m)^a$", "b\na\n", true)]
    [InlineData(@"^\d+$", "12", true)]
    [InlineData(@"^\d+$", "١٢", false)]
    [InlineData(@"^\w+$", "é", false)]
    [InlineData(@"^[\w-]+$", "a-b_1", true)]
    [InlineData(@"^[^\d]$", "1", false)]
    [InlineData(@"^[\D]$", "1", false)]
    [InlineData(@"^[\D]$", "a", true)]
    [InlineData("^[[:alpha:]_]+$", "ab_", true)]
    [InlineData("^[[:alpha:]_]+$", "a1", false)]
    [InlineData("^[+-[]$", "[", true)]
    [InlineData("^[]a]$", "]", true)]
    [InlineData("(?P<x>a)b", "ab", true)]
    [InlineData("(?i)ABC", "abc", true)]
    [InlineData(@"^\pL$", "é", true)]
    [InlineData(@"^\x{41}$", "A", true)]
    [InlineData(@"^\Qa.b\E$", "a.b", true)]
    [InlineData(@"^\Qa.b\E$", "axb", false)]
    [InlineData("b", "abc", true)]
    public void A_pattern_matches_as_in_go(string pattern, string value, bool expected) =>
        Assert.Equal(expected, new GoPattern(pattern).IsMatch(value));

    [Theory]
    [InlineData("(?=a)", "invalid or unsupported Perl syntax: `(?=`")]
    [InlineData(@"(a)\1", @"invalid escape sequence: `\1`")]
    [InlineData("[a", "missing closing ]: `[a`")]
    [InlineData("(a", "missing closing ): `(a`")]
    [InlineData("a)", "unexpected ): `a)`")]
    [InlineData("*a", "missing argument to repetition operator: `*`")]
    [InlineData(@"a\", "trailing backslash at end of expression: ``")]
    public void What_go_does_not_know_is_refused_in_its_words(string pattern, string expected) =>
        Assert.Equal(expected, Assert.Throws<ArgumentException>(() => new GoPattern(pattern)).Message);

    [Fact]
    public void A_pattern_takes_linear_time() => Assert.False(new GoPattern("^(a+)+$").IsMatch(new string('a', 50_000) + "b"));
}
