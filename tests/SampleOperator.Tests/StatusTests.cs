using k8s.Models;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.SampleOperator.Tests;

public sealed class StatusTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, 500, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Noon);

    [Fact]
    public void All_replicas_up_to_date_and_available_is_Ready_and_Running()
    {
        var status = Build(Rollout(available: 3));

        Assert.Equal(ApplicationPhase.Running, status.Phase);
        Assert.Equal(3, status.AvailableReplicas);
        Assert.Equal(1, status.ObservedGeneration);
        AssertCondition(status, "Ready", "True", "DeploymentReady", "3 of 3 replicas are available.");
        AssertCondition(status, "Progressing", "False", "DeploymentReady");
        AssertCondition(status, "Degraded", "False", "AsExpected");
    }

    [Fact]
    public void A_Deployment_that_nothing_was_reported_on_yet_is_Creating()
    {
        var status = Build(new Observation.Deployed(Applications.Deployment(Applications.Application())));

        Assert.Equal(ApplicationPhase.Pending, status.Phase);
        AssertCondition(status, "Ready", "False", "Creating");
        AssertCondition(status, "Progressing", "True", "Creating");
    }

    [Fact]
    public void A_Deployment_whose_controller_has_not_seen_the_last_change_is_Updating_though_its_old_replicas_are_available()
    {
        var application = Applications.Application();
        var deployment = Applications.Deployment(application, Applications.Rollout(available: 3, observed: 1), generation: 2);

        AssertCondition(Build(new Observation.Deployed(deployment)), "Ready", "False", "Updating");
    }

    [Fact]
    public void Replicas_that_are_not_up_to_date_or_old_ones_that_still_run_are_Updating()
    {
        AssertCondition(Build(Rollout(available: 3, updated: 1, replicas: 4)), "Ready", "False", "Updating",
            "1 of 3 replicas are up to date. 3 of 3 replicas are available.");
        AssertCondition(Build(Rollout(available: 3, updated: 3, replicas: 5)), "Ready", "False", "Updating",
            "2 old replicas are still there. 3 of 3 replicas are available.");
    }

    [Fact]
    public void Replicas_that_are_up_to_date_but_not_all_available_are_Progressing()
    {
        var status = Build(Rollout(available: 1, updated: 3));

        Assert.Equal(ApplicationPhase.Pending, status.Phase);
        AssertCondition(status, "Ready", "False", "Progressing", "1 of 3 replicas are available.");
        AssertCondition(status, "Progressing", "True", "Progressing");
    }

    [Fact]
    public void A_status_that_names_no_generation_is_judged_by_its_available_replicas()
    {
        var application = Applications.Application();

        AssertCondition(
            Build(new Observation.Deployed(Applications.Deployment(application, new V1DeploymentStatus { AvailableReplicas = 3 }, generation: 2))),
            "Ready", "True", "DeploymentReady");
        AssertCondition(
            Build(new Observation.Deployed(Applications.Deployment(application, new V1DeploymentStatus { AvailableReplicas = 2 }, generation: 2))),
            "Ready", "False", "Progressing");
    }

    [Fact]
    public void A_Deployment_that_is_stuck_is_Degraded_and_Failed()
    {
        var rollout = Applications.Rollout(available: 0, updated: 3);
        rollout.Conditions =
            [new V1DeploymentCondition { Type = "Progressing", Status = "False", Reason = "ProgressDeadlineExceeded", Message = "Timed out." }];

        var status = Build(new Observation.Deployed(Applications.Deployment(Applications.Application(), rollout)));

        Assert.Equal(ApplicationPhase.Failed, status.Phase);
        AssertCondition(status, "Ready", "False", "ProgressDeadlineExceeded");
        AssertCondition(status, "Degraded", "True", "ProgressDeadlineExceeded", "0 of 3 replicas are available. Timed out.");
    }

    [Theory]
    [InlineData("InvalidSpec")]
    [InlineData("DeploymentConflict")]
    [InlineData("ReconcileError")]
    public void What_blocks_an_Application_is_the_reason_of_all_three_conditions(string reason)
    {
        var status = Build(new Observation.Blocked(reason, "This is why."));

        Assert.Equal(ApplicationPhase.Failed, status.Phase);
        Assert.Equal(0, status.AvailableReplicas);
        AssertCondition(status, "Ready", "False", reason, "This is why.");
        AssertCondition(status, "Progressing", "False", reason);
        AssertCondition(status, "Degraded", "True", reason, "This is why.");
    }

    [Fact]
    public void A_message_of_any_length_is_cut_to_what_a_person_reads()
    {
        var status = Build(new Observation.Blocked("ReconcileError", new string('x', 40_000)));

        Assert.All(status.Conditions!, condition => Assert.InRange(condition.Message.Length, 0, 1024));
    }

    [Fact]
    public void A_deletion_is_Terminating_and_keeps_the_number_of_replicas()
    {
        var before = Build(Rollout(available: 3));

        var status = Build(new Observation.Terminating(), before);

        Assert.Equal(ApplicationPhase.Terminating, status.Phase);
        Assert.Equal(3, status.AvailableReplicas);
        AssertCondition(status, "Ready", "False", "Terminating");
    }

    [Fact]
    public void An_unchanged_situation_gives_an_equal_status_at_any_later_time()
    {
        var before = Build(Rollout(available: 3));
        _time.Advance(TimeSpan.FromHours(1));

        var after = Build(Rollout(available: 3), before);

        Assert.True(ApplicationStatusBuilder.AreEqual(after, before));
        Assert.Equal(before.LastUpdated, after.LastUpdated);
    }

    [Fact]
    public void A_transition_time_moves_only_with_the_status_of_its_condition_and_lastUpdated_with_anything()
    {
        var first = Build(Rollout(available: 1, updated: 3));
        _time.Advance(TimeSpan.FromMinutes(1));
        var second = Build(Rollout(available: 2, updated: 3), first);
        _time.Advance(TimeSpan.FromMinutes(1));
        var third = Build(Rollout(available: 3), second);

        Assert.Equal(TimeOf(first, "Ready"), TimeOf(second, "Ready"));
        Assert.Equal(Noon.UtcDateTime.AddMilliseconds(-500).AddMinutes(1), second.LastUpdated);
        Assert.Equal(Noon.UtcDateTime.AddMilliseconds(-500).AddMinutes(2), TimeOf(third, "Ready"));
        Assert.Equal(TimeOf(first, "Degraded"), TimeOf(third, "Degraded"));
        Assert.Equal(TimeOf(third, "Ready"), third.LastUpdated);
    }

    [Fact]
    public void A_new_generation_alone_is_a_change()
    {
        var before = Build(Rollout(available: 3));

        var after = ApplicationStatusBuilder.Build(
            Applications.Application(generation: 2, status: before), Rollout(available: 3), _time);

        Assert.False(ApplicationStatusBuilder.AreEqual(after, before));
        Assert.All(after.Conditions!, condition => Assert.Equal(2, condition.ObservedGeneration));
    }

    [Fact]
    public void A_condition_of_somebody_else_stays()
    {
        var theirs = new V1Condition { Type = "Audited", Status = "True", Reason = "Checked", Message = "", LastTransitionTime = Noon.UtcDateTime };

        var status = Build(Rollout(available: 3), new ApplicationStatus { Conditions = [theirs] });

        Assert.Contains(theirs, status.Conditions!);
        Assert.Equal(4, status.Conditions!.Count);
    }

    private static Observation.Deployed Rollout(int available, int? updated = null, int? replicas = null) =>
        new(Applications.Deployment(Applications.Application(), Applications.Rollout(available, updated, replicas)));

    private static DateTime TimeOf(ApplicationStatus status, string type) => status.Conditions!.Single(c => c.Type == type).LastTransitionTime;

    private static void AssertCondition(ApplicationStatus status, string type, string value, string reason, string? message = null)
    {
        var condition = status.Conditions!.Single(c => c.Type == type);
        Assert.Equal((value, reason), (condition.Status, condition.Reason));
        if (message is not null)
        {
            Assert.Equal(message, condition.Message);
        }
    }

    private ApplicationStatus Build(Observation observation, ApplicationStatus? before = null) =>
        ApplicationStatusBuilder.Build(Applications.Application(status: before), observation, _time);
}
