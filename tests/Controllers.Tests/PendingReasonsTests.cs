using System.Diagnostics;
using CrMonitor.Informers;
using Microsoft.Extensions.Time.Testing;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

public sealed class PendingReasonsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly PendingReasons _reasons;

    public PendingReasonsTests() => _reasons = new PendingReasons(_time);

    [Fact]
    public void Sixteen_reasons_are_kept_and_what_comes_up_beyond_them_is_counted_as_often_as_it_does()
    {
        _reasons.Schedule(Key, TimeSpan.FromSeconds(1));
        for (var i = 0; i < 16; i++)
        {
            _reasons.Add(Key, Owned($"d{i}"));
            _reasons.Add(Key, Owned("d0"));
        }

        _reasons.Add(Key, Owned("more"));
        _reasons.Add(Key, Owned("more"));
        _time.Advance(TimeSpan.FromSeconds(1));

        var taken = _reasons.Take(Key);

        // The schedule is the third.
        Assert.Equal((16, 3), (taken.Reasons.Count, taken.Omitted));
    }

    [Fact]
    public void What_is_put_back_is_there_again_with_the_spans_that_it_came_up_in()
    {
        using var cause = new Activity("a run").SetIdFormat(ActivityIdFormat.W3C).Start();
        _reasons.Add(Key, Owned("d"));
        var taken = _reasons.Take(Key);
        _reasons.Add(Key, Owned("e"));

        _reasons.PutBack(Key, taken);

        var again = _reasons.Take(Key);
        Assert.Equal([Owned("e"), Owned("d")], again.Reasons);
        Assert.Equal([cause.Context, cause.Context], again.Links.Select(link => link.Context));
    }

    private static ReconcileReason Owned(string name) => new(ReconcileTrigger.Owned, "Deployment", new ObjectKey("default", name));
}
