using System.Diagnostics.Metrics;
using System.Net;
using Fault = CrMonitor.Controllers.Tests.SimulatedNetwork.Fault;

namespace CrMonitor.Controllers.Tests;

/// <summary>One or two candidates in virtual time. Reference: cases 97 (election) and, of the .NET peers, defects C8 to C12.</summary>
public sealed class LeaderElectionTests : IDisposable
{
    private const string Others =
        """{"holderIdentity":"other","leaseDurationSeconds":15,"acquireTime":"2030-01-01T00:00:00.000000Z","renewTime":"2030-01-01T00:00:00.000000Z","leaseTransitions":4}""";

    private readonly VirtualWorld _world = new();
    private readonly SimulatedLeaseServer _server = new();
    private readonly Candidate _a;
    private readonly Candidate _b;

    public LeaderElectionTests()
    {
        _a = new Candidate(_world, _server, "a");
        _b = new Candidate(_world, _server, "b");
    }

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }

    [Fact]
    public void A_lease_that_does_not_exist_is_created_and_held_with_times_that_a_strict_parser_reads()
    {
        _a.Start();
        _world.Pass(TimeSpan.Zero);

        Assert.True(_a.Elector.IsLeader);
        Assert.Equal("2030-01-01T00:00:00.000000Z", (string?)_server.Lease!["spec"]!["renewTime"]);
        Assert.Equal((15, 0), ((int)_server.Lease["spec"]!["leaseDurationSeconds"]!, (int)_server.Lease["spec"]!["leaseTransitions"]!));
        Assert.Equal((0, "default/operator", _a.Identity), (_a.Elector.Term!.Number, _a.Elector.Term.Lease, _a.Elector.Term.Identity));
    }

    [Theory]
    [InlineData("""{"holderIdentity":"","leaseDurationSeconds":1,"leaseTransitions":4}""")]
    [InlineData("""{"holderIdentity":null,"renewTime":null,"leaseTransitions":4}""")]
    [InlineData("""{"leaseTransitions":4}""")]
    public void A_lease_without_a_holder_is_taken_at_once_and_what_else_it_says_is_kept(string spec)
    {
        _server.Set(spec);
        _a.Start();
        _world.Pass(TimeSpan.Zero);

        Assert.True(_a.Elector.IsLeader);
        Assert.Equal(5, _a.Elector.Term!.Number);
        Assert.Equal(5, (int)_server.Lease!["spec"]!["leaseTransitions"]!);
        Assert.Equal("yes", (string?)_server.Lease["metadata"]!["labels"]!["kept"]);
    }

    [Fact]
    public void A_lease_whose_spec_is_missing_is_taken()
    {
        _server.Set("null");
        _a.Start();
        _world.Pass(TimeSpan.Zero);

        Assert.True(_a.Elector.IsLeader);
    }

    [Theory]
    [InlineData("2000-01-01T00:00:00.000000Z")]
    [InlineData("2099-01-01T00:00:00.000000Z")]
    [InlineData("no time at all")]
    public void A_held_lease_is_taken_when_it_was_not_seen_to_change_for_its_duration_whatever_times_it_tells(string renewTime)
    {
        _server.Set(Others.Replace("2030-01-01T00:00:00.000000Z", renewTime, StringComparison.Ordinal));
        _a.Start();
        _world.Pass(TimeSpan.FromSeconds(14.9));
        Assert.False(_a.Elector.IsLeader);
        Assert.Equal("other", _a.Elector.Holder);

        _world.Pass(TimeSpan.FromSeconds(5));
        Assert.True(_a.Elector.IsLeader);
        Assert.Equal(5, _a.Elector.Term!.Number);
    }

    [Fact]
    public void A_lease_that_changes_is_not_taken()
    {
        _server.Set(Others);
        _a.Start();
        for (var renewal = 1; renewal < 20; renewal++)
        {
            _world.Pass(TimeSpan.FromSeconds(10));
            _server.Set(Others.Replace("00:00:00", $"00:00:{renewal:00}", StringComparison.Ordinal));
            Assert.False(_a.Elector.IsLeader);
        }
    }

    [Fact]
    public void The_duration_that_counts_is_the_one_that_the_lease_tells()
    {
        _server.Set(Others.Replace("15", "60", StringComparison.Ordinal));
        _a.Start();
        _world.Pass(TimeSpan.FromSeconds(59));
        Assert.False(_a.Elector.IsLeader);

        _world.Pass(TimeSpan.FromSeconds(6));
        Assert.True(_a.Elector.IsLeader);
    }

    [Fact]
    public void The_leader_renews_with_one_write_and_without_reading()
    {
        Lead(_a);
        _server.Requests.Clear();

        _world.Pass(TimeSpan.FromSeconds(21));

        Assert.Equal(10, _server.Requests.Count);
        Assert.All(_server.Requests, request => Assert.Equal(("PUT", _a.Identity), request));
    }

    [Fact]
    public void A_renewal_changes_the_lease_even_if_the_clock_stands_still_or_was_set_back()
    {
        var clock = new ClockThatIsSetBack(_world);
        using var transportless = new Candidate(_world, _server, "c");
        using var elector = new LeaderElector(
            transportless.Network,
            new LeaderElectionOptions { LeaseName = "operator", LeaseNamespace = "default", Identity = "c" },
            transportless.Instruments,
            clock,
            new Random(1),
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        _ = _world.Run(() =>
        {
            elector.Start();
            return Task.CompletedTask;
        });
        var seen = new List<string>();
        for (var renewal = 0; renewal < 5; renewal++)
        {
            _world.Pass(TimeSpan.FromSeconds(2));
            seen.Add((string)_server.Lease!["spec"]!["renewTime"]!);
        }

        Assert.Equal(seen.Order(StringComparer.Ordinal).Distinct(), seen);
        _world.Await(_world.Run(() => elector.StopAsync(release: true, TimeSpan.FromSeconds(1))), TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData(nameof(Fault.Refused))]
    [InlineData(nameof(Fault.RequestsLost))]
    [InlineData(nameof(Fault.AnswersLost))]
    [InlineData(nameof(Fault.Broken))]
    public void Leadership_survives_a_fault_that_is_over_before_the_renew_deadline(string fault)
    {
        Lead(_a);
        var term = _a.Elector.Term!;
        _a.Network.Present = Enum.Parse<Fault>(fault);
        _world.Pass(TimeSpan.FromSeconds(6));
        _a.Network.Present = Fault.None;
        _world.Pass(TimeSpan.FromSeconds(30));

        Assert.Same(term, _a.Elector.Term);
        Assert.True(_a.Elector.IsLeader);
        Assert.False(term.Ended.IsCancellationRequested);
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    public void A_refused_renewal_is_tried_again(HttpStatusCode code)
    {
        Lead(_a);
        var term = _a.Elector.Term!;
        var refusals = 3;
        _a.Network.Answer = () => refusals-- > 0 ? FakeServer.Status(code, "Refused") : null;
        _world.Pass(TimeSpan.FromSeconds(30));

        Assert.Same(term, _a.Elector.Term);
    }

    [Fact]
    public void Without_a_renewal_the_term_ends_at_the_deadline_which_is_counted_from_when_the_last_one_was_sent()
    {
        _a.Network.Latency = () => TimeSpan.FromMilliseconds(500);
        _a.Start();
        _world.Pass(TimeSpan.FromSeconds(5));
        var term = _a.Elector.Term!;
        var lastSent = _world.Now - (TimeSpan.FromSeconds(10) - term.Left).Ticks;
        _a.Network.Present = Fault.RequestsLost;

        _world.PassUntil(lastSent + TimeSpan.FromSeconds(10).Ticks - 1);
        Assert.True(_a.Elector.IsLeader);
        Assert.False(term.Ended.IsCancellationRequested);

        _world.PassUntil(lastSent + TimeSpan.FromSeconds(10).Ticks);
        Assert.False(_a.Elector.IsLeader);
        Assert.True(term.HasEnded && term.Ended.IsCancellationRequested);
        Assert.Throws<LeadershipLostException>(term.ThrowIfEnded);
    }

    [Fact]
    public void Nothing_that_hangs_renews_the_lease_after_its_leader_has_stopped()
    {
        Lead(_a);
        _a.Network.Present = Fault.RequestsLost;
        _world.Pass(TimeSpan.FromSeconds(12));
        Assert.False(_a.Elector.IsLeader);
        var renewed = (string?)_server.Lease!["spec"]!["renewTime"];

        var stop = _a.StopAsync();
        _world.Pass(TimeSpan.FromSeconds(1));
        Assert.True(stop.IsCompletedSuccessfully, "a call that hangs does not hold up the stop");
        _a.Network.Present = Fault.None;
        _server.Requests.Clear();
        _world.Pass(TimeSpan.FromMinutes(2));

        Assert.Empty(_server.Requests);
        Assert.Equal(renewed, (string?)_server.Lease["spec"]!["renewTime"]);
    }

    [Fact]
    public void A_rival_begins_only_after_the_leader_has_ended()
    {
        Lead(_a);
        var term = _a.Elector.Term!;
        _b.Start();
        _world.Pass(TimeSpan.FromSeconds(3));
        _a.Network.Present = Fault.RequestsLost;
        long? ended = null;
        long? began = null;
        _world.AfterEachStep = () =>
        {
            ended ??= term.Ended.IsCancellationRequested ? _world.Now : null;
            began ??= _b.Elector.IsLeader ? _world.Now : null;
        };

        _world.Pass(TimeSpan.FromSeconds(30));

        Assert.InRange(TimeSpan.FromTicks(began!.Value - ended!.Value), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(12));
        Assert.Equal(1, _b.Elector.Term!.Number);
    }

    [Fact]
    public void A_leader_that_has_lost_becomes_a_candidate_again_in_the_same_process()
    {
        Lead(_a);
        var first = _a.Elector.Term!;
        _a.Network.Present = Fault.RequestsLost;
        _world.Pass(TimeSpan.FromSeconds(12));
        Assert.Null(_a.Elector.Term);

        var waiting = _world.Run(() => _a.Elector.WaitAsync().AsTask());
        _a.Network.Present = Fault.None;
        var second = _world.Await(waiting, TimeSpan.FromSeconds(15));

        Assert.NotSame(first, second);
        Assert.True(_a.Elector.IsLeader);
        Assert.True(first.HasEnded);
    }

    [Fact]
    public void A_leader_that_sees_another_holder_ends_at_once()
    {
        Lead(_a);
        _server.Set(Others);
        _world.Pass(TimeSpan.FromSeconds(2));

        Assert.False(_a.Elector.IsLeader);
        Assert.Equal("other", _a.Elector.Holder);
    }

    [Fact]
    public void A_lease_that_is_deleted_under_its_leader_is_made_again_without_losing_the_term()
    {
        _server.Set("""{"leaseTransitions":4}""");
        Lead(_a);
        var term = _a.Elector.Term!;
        _server.Delete();
        _world.Pass(TimeSpan.FromSeconds(20));

        Assert.Same(term, _a.Elector.Term);
        Assert.Equal((_a.Identity, 5), (_server.Holder, (int)_server.Lease!["spec"]!["leaseTransitions"]!));
    }

    [Fact]
    public void A_standby_that_saw_a_lease_deleted_goes_on_counting_its_terms()
    {
        _server.Set(Others);
        _a.Start();
        _world.Pass(TimeSpan.FromSeconds(3));
        _server.Delete();
        _world.Pass(TimeSpan.FromSeconds(5));

        Assert.Equal(5, _a.Elector.Term?.Number);
    }

    [Fact]
    public void The_attempts_of_a_standby_are_between_one_and_two_and_a_fifth_retry_periods_apart()
    {
        _server.Set(Others);
        var times = new List<long>();
        _server.Serving = _ => times.Add(_world.Now);
        _a.Start();
        for (var i = 0; i < 50; i++)
        {
            _world.Pass(TimeSpan.FromSeconds(5));
            _server.Set(Others.Replace("00:00:00", $"00:00:{i:00}", StringComparison.Ordinal));
        }

        var gaps = times.Zip(times.Skip(1), (first, second) => TimeSpan.FromTicks(second - first).TotalSeconds).ToList();
        Assert.All(gaps, gap => Assert.InRange(gap, 1.99, 4.4));
        Assert.True(gaps.Max() - gaps.Min() > 1.5, "they are spread");
    }

    [Fact]
    public void A_stop_gives_the_lease_back_and_the_next_candidate_takes_it_at_its_next_attempt()
    {
        Lead(_a);
        _b.Start();
        _world.Pass(TimeSpan.FromSeconds(1));

        _world.Await(_a.StopAsync(), TimeSpan.FromSeconds(1));
        Assert.Null(_server.Holder);
        Assert.False(_a.Elector.IsLeader);
        _world.Pass(TimeSpan.FromSeconds(4.5));

        Assert.True(_b.Elector.IsLeader);
        Assert.Equal(1, _b.Elector.Term!.Number);
    }

    [Fact]
    public void A_lease_that_somebody_wrote_in_the_meantime_is_read_again_and_given_back()
    {
        Lead(_a);
        var spec = _server.Lease!["spec"]!.ToJsonString();
        _server.Set(spec);

        _world.Await(_a.StopAsync(), TimeSpan.FromSeconds(1));

        Assert.Null(_server.Holder);
        Assert.Equal(["PUT", "GET", "PUT"], _server.Requests.TakeLast(3).Select(request => request.Method));
    }

    [Fact]
    public void The_lease_of_another_is_not_given_back()
    {
        Lead(_a);
        _server.Set(Others);

        _world.Await(_a.StopAsync(), TimeSpan.FromSeconds(1));

        Assert.Equal("other", _server.Holder);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void The_lease_is_kept_where_something_still_runs_or_the_options_want_it(bool optionWantsRelease, bool nothingRuns)
    {
        using var candidate = new Candidate(_world, _server, "c", options: new LeaderElectionOptions { ReleaseOnStop = optionWantsRelease });
        Lead(candidate);

        _world.Await(candidate.StopAsync(release: nothingRuns), TimeSpan.FromSeconds(1));

        Assert.Equal(candidate.Identity, _server.Holder);
        Assert.False(candidate.Elector.IsLeader);
    }

    [Fact]
    public void A_server_that_is_gone_holds_up_the_release_for_a_second_only()
    {
        Lead(_a);
        _a.Network.Present = Fault.RequestsLost;

        _world.Await(_a.StopAsync(), TimeSpan.FromSeconds(1.001));

        Assert.Equal(_a.Identity, _server.Holder);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_request_that_fails_while_it_is_cut_off_by_the_stop_is_no_loss_of_the_election(bool leads)
    {
        if (leads)
        {
            Lead(_a);
        }
        else
        {
            _a.Start();
        }

        (_a.Network.Present, _a.Network.BreaksWhenCancelled) = (Fault.RequestsLost, true);
        _world.Pass(TimeSpan.FromSeconds(3));

        _world.Await(_a.StopAsync(), TimeSpan.FromSeconds(1.001));

        Assert.False(_a.Elector.IsLost);
    }

    // Acceptance test 12, of the election.
    [Fact]
    public void A_server_that_is_gone_for_ten_minutes_is_asked_no_more_often_than_before_and_led_again_when_it_is_back()
    {
        Lead(_a);
        var asked = 0;
        _a.Network.Answer = () =>
        {
            asked++;
            return FakeServer.Status(HttpStatusCode.ServiceUnavailable, "ServiceUnavailable");
        };
        _world.Pass(TimeSpan.FromMinutes(10));
        Assert.InRange(asked, 100, 301);
        Assert.False(_a.Elector.IsLeader);
        Assert.False(_a.Elector.IsLost);

        _a.Network.Answer = () => null;
        _world.Pass(TimeSpan.FromSeconds(5));
        Assert.True(_a.Elector.IsLeader);
    }

    [Fact]
    public void Whether_it_leads_and_how_often_it_had_to_read_is_measured_under_the_names_of_client_go()
    {
        using var listener = new MeterListener();
        var values = new Dictionary<string, double>();
        listener.InstrumentPublished = (instrument, of) =>
        {
            if (instrument.Meter.Name == ControllersTelemetry.MeterName && instrument.Name.StartsWith("leader_election", StringComparison.Ordinal))
            {
                of.EnableMeasurementEvents(instrument);
            }
        };
        using var candidate = new Candidate(_world, _server, "c", lease: "measured");
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Keep(instrument, value, tags, add: false));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags, add: true));
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.Equal(0, values["leader_election_master_status"]);

        Lead(candidate);
        _server.Set(_server.Lease!["spec"]!.ToJsonString());
        _world.Pass(TimeSpan.FromSeconds(3));
        listener.RecordObservableInstruments();

        Assert.Equal(1, values["leader_election_master_status"]);
        Assert.Equal(1, values["leader_election_slowpath_total"]);

        void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, bool add)
        {
            // Other tests run beside this one.
            if ("measured".Equals(tags.ToArray().ToDictionary().GetValueOrDefault("name")))
            {
                values[instrument.Name] = value + (add ? values.GetValueOrDefault(instrument.Name) : 0);
            }
        }
    }

    private void Lead(Candidate candidate)
    {
        candidate.Start();
        _world.Pass(TimeSpan.FromMilliseconds(100));
        Assert.True(candidate.Elector.IsLeader);
    }

    /// <summary>A wall clock that goes backwards, beside a timer that does not.</summary>
    private sealed class ClockThatIsSetBack(VirtualWorld world) : TimeProvider
    {
        private readonly SimulatedClock _clock = new(world);

        public override long TimestampFrequency => _clock.TimestampFrequency;

        public override long GetTimestamp() => _clock.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero) - TimeSpan.FromTicks(GetTimestamp());

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            _clock.CreateTimer(callback, state, dueTime, period);
    }
}
