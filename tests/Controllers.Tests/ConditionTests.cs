using k8s.Models;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.Controllers.Tests;

public sealed class ConditionTests
{
    private static readonly DateTime Start = new(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(Start).AddMilliseconds(250));

    [Fact]
    public void A_new_condition_has_its_transition_now_in_whole_seconds_and_the_observed_generation()
    {
        var conditions = new ConditionSet(null, 3, _time);

        Assert.True(conditions.Set("Ready", true, "AllReplicasAvailable", "3 of 3"));

        var ready = Assert.Single(conditions.ToList());
        Assert.Equal(("Ready", "True", "AllReplicasAvailable", "3 of 3"), (ready.Type, ready.Status, ready.Reason, ready.Message));
        Assert.Equal(3, ready.ObservedGeneration);
        Assert.Equal(Start, ready.LastTransitionTime);
        Assert.True(conditions.HasChanged);
    }

    [Fact]
    public void The_time_of_transition_changes_only_with_the_status()
    {
        var first = new ConditionSet(null, 1, _time);
        first.Set("Ready", false, "Creating", "0 of 3");
        _time.Advance(TimeSpan.FromMinutes(1));

        var second = new ConditionSet(first.ToList(), 2, _time);
        Assert.True(second.Set("Ready", false, "Progressing", "1 of 3"));
        Assert.Equal(Start, second["Ready"]?.LastTransitionTime);

        Assert.True(second.Set("Ready", true, "AllReplicasAvailable", "3 of 3"));
        Assert.Equal(Start.AddMinutes(1), second["Ready"]?.LastTransitionTime);
    }

    [Fact]
    public void Setting_what_is_there_changes_nothing()
    {
        var first = new ConditionSet(null, 1, _time);
        first.Set("Ready", true, "Fine", "");
        _time.Advance(TimeSpan.FromMinutes(1));

        var second = new ConditionSet(first.ToList(), 1, _time);

        Assert.False(second.Set("Ready", true, "Fine", ""));
        Assert.False(second.HasChanged);
        Assert.Equal(first.ToList(), second.ToList());
    }

    [Fact]
    public void A_new_generation_alone_is_a_change_but_no_transition()
    {
        var first = new ConditionSet(null, 1, _time);
        first.Set("Ready", true, "Fine", "");
        _time.Advance(TimeSpan.FromMinutes(1));

        var second = new ConditionSet(first.ToList(), 2, _time);

        Assert.True(second.Set("Ready", true, "Fine", ""));
        Assert.Equal((2L, Start), (second["Ready"]?.ObservedGeneration, second["Ready"]?.LastTransitionTime));
    }

    [Fact]
    public void The_conditions_of_the_object_and_of_others_stay_as_they_are()
    {
        var foreign = new V1Condition { Type = "Checked", Status = "True", Reason = "ByAnother", Message = "", LastTransitionTime = Start };
        var ours = new V1Condition { Type = "Ready", Status = "False", Reason = "Creating", Message = "", LastTransitionTime = Start };
        V1Condition[] cached = [ours, foreign];

        var conditions = new ConditionSet(cached, 1, _time);
        conditions.Set("Ready", true, "Fine", "");

        Assert.Equal("False", cached[0].Status);
        Assert.Equal(["Ready", "Checked"], conditions.ToList().Select(condition => condition.Type));
        Assert.Equal(foreign, conditions["Checked"]);
    }

    [Fact]
    public void A_condition_can_be_unknown_and_can_be_removed()
    {
        var conditions = new ConditionSet(null, 1, _time);
        conditions.SetUnknown("Ready", "ServerGone", "");
        Assert.Equal("Unknown", conditions["Ready"]?.Status);

        Assert.True(conditions.Remove("Ready"));
        Assert.False(conditions.Remove("Ready"));
        Assert.Empty(conditions.ToList());
    }

    [Theory]
    [InlineData("two words")]
    [InlineData("9Lives")]
    [InlineData("Ends:")]
    [InlineData("Dash-ed")]
    public void A_reason_that_Kubernetes_would_refuse_is_refused_at_once(string reason)
    {
        var failure = Assert.Throws<ArgumentException>(() => new ConditionSet(null, 1, _time).Set("Ready", true, reason, ""));
        Assert.Contains(reason, failure.Message);
    }
}
