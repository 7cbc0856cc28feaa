using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.WorkQueue.Tests;

/// <summary>Keys are <c>flow/number</c>.</summary>
public sealed class FairnessTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly WorkQueue<string> _queue;

    public FairnessTests() => _queue = Queue(new FairOrder<string, string>(Flow));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _queue.Dispose();

    [Fact]
    public void Flows_take_turns_however_many_keys_each_has()
    {
        Add(_queue, "a/1", "a/2", "a/3", "a/4", "b/1", "c/1", "c/2");

        string[] expected = ["a/1", "b/1", "c/1", "a/2", "c/2", "a/3", "a/4"];
        Assert.Equal(expected, _queue.Snapshot().Ready);
        Assert.Equal(expected, _queue.RunAllNow());
    }

    [Fact]
    public void A_flow_gets_as_many_hand_outs_in_a_turn_as_its_weight_says()
    {
        using var queue = Queue(new FairOrder<string, string>(Flow) { Weight = flow => flow == "a" ? 3 : 1 });
        Add(queue, [.. Enumerable.Range(0, 30).Select(i => $"a/{i}"), .. Enumerable.Range(0, 10).Select(i => $"b/{i}")]);

        Assert.Equal(string.Concat(Enumerable.Repeat("aaab", 10)), string.Concat(queue.RunAllNow().Select(Flow)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void A_new_flow_waits_one_quantum_at_most_however_deep_the_backlogs_of_others_are(int weight)
    {
        using var queue = Queue(new FairOrder<string, string>(Flow) { Weight = _ => weight });
        foreach (var flow in (string[])["a", "b", "c", "d"])
        {
            Add(queue, [.. Enumerable.Range(0, 1000).Select(i => $"{flow}/{i}")]);
        }

        // Each had its first turn. From then on, however far they have come:
        for (var i = 0; i < 4 * weight; i++)
        {
            queue.RunNow();
        }

        for (var i = 0; i < 200; i++)
        {
            queue.RunNow();
            Add(queue, $"new-{i}/1");
            var before = 0;
            while (!queue.RunNow().StartsWith("new", StringComparison.Ordinal))
            {
                before++;
            }

            Assert.InRange(before, 0, weight);
        }
    }

    [Fact]
    public void A_flow_that_always_has_one_key_gets_its_share_and_no_more()
    {
        foreach (var flow in (string[])["a", "b", "c"])
        {
            Add(_queue, [.. Enumerable.Range(0, 200).Select(i => $"{flow}/{i}")]);
        }

        var sparse = 0;
        for (var i = 0; i < 400; i++)
        {
            Add(_queue, "sparse/1");
            sparse += Flow(_queue.RunNow()) == "sparse" ? 1 : 0;
        }

        Assert.InRange(sparse, 95, 105);
    }

    [Fact]
    public void Ever_new_flows_do_not_keep_those_that_were_there_from_their_turns()
    {
        Add(_queue, [.. Enumerable.Range(0, 200).Select(i => $"old/{i}"), .. Enumerable.Range(0, 200).Select(i => $"older/{i}")]);
        var old = 0;
        for (var i = 0; i < 100; i++)
        {
            Add(_queue, $"new-{i}/1");
            old += Flow(_queue.RunNow()) == "old" ? 1 : 0;
            old += Flow(_queue.RunNow()) == "old" ? 1 : 0;
        }

        // One of two hand-outs is a newcomer's, and the two others share the rest.
        Assert.InRange(old, 49, 51);
    }

    [Fact]
    public void Inside_a_flow_a_higher_priority_comes_first_and_does_not_change_the_share_of_the_flow()
    {
        _queue.Add("a/1", 0);
        _queue.Add("a/2", 5);
        _queue.Add("a/3", 9);
        _queue.Add("b/1", 0);
        _queue.Add("b/2", 1);

        Assert.Equal(["a/3", "b/2", "a/2", "b/1", "a/1"], _queue.RunAllNow());
    }

    [Fact]
    public void Inside_a_flow_keys_age()
    {
        _queue.Add("a/low", -1);
        _time.Advance(TimeSpan.FromSeconds(30));
        for (var i = 0; i < 10; i++)
        {
            _queue.Add($"a/{i}");
        }

        Assert.Contains("a/low", Enumerable.Range(0, 4).Select(_ => _queue.RunNow()));
    }

    [Fact]
    public void A_flow_that_comes_again_has_the_weight_that_it_has_then()
    {
        var weight = 1;
        using var queue = Queue(new FairOrder<string, string>(Flow) { Weight = flow => flow == "a" ? weight : 1 });
        Add(queue, "a/1", "b/1");
        Assert.Equal(["a/1", "b/1"], queue.RunAllNow());

        weight = 2;
        Add(queue, "a/1", "a/2", "a/3", "b/1", "b/2");

        Assert.Equal(["a/1", "a/2", "b/1", "a/3", "b/2"], queue.RunAllNow());
    }

    [Fact]
    public void Flows_that_ended_are_forgotten_when_many_others_have_ended_since()
    {
        var flows = new List<WeakReference>();
        using var queue = new WorkQueue<int>(new WorkQueueOptions<int> { Order = new FairOrder<int, object>(NewFlow) });
        for (var i = 0; i < 5000; i++)
        {
            queue.Add(i);
            queue.RunNow();
        }

        GC.Collect();
        Assert.InRange(flows.Count(flow => flow.IsAlive), 0, 1100);

        object NewFlow(int key)
        {
            var flow = new object();
            flows.Add(new WeakReference(flow));
            return flow;
        }
    }

    [Fact]
    public void A_flow_that_is_forgotten_while_a_key_of_it_is_added_comes_again()
    {
        var comparer = new InterruptedComparer();
        using var queue = Queue(new FairOrder<string, string>(Flow) { FlowComparer = comparer });
        Add(queue, "a/0");
        Assert.Equal(["a/0"], queue.RunAllNow());
        comparer.Interruption = () =>
        {
            for (var i = 0; i < 2000; i++)
            {
                Add(queue, $"other{i}/0");
                queue.RunNow();
            }
        };

        Add(queue, "a/1", "a/2", "b/1", "b/2");

        Assert.Null(comparer.Interruption);
        Assert.Equal(["a/1", "b/1", "a/2", "b/2"], queue.RunAllNow());
    }

    [Fact]
    public void Additions_with_other_weights_than_before_go_to_the_same_flow()
    {
        var weight = 1;
        using var queue = Queue(new FairOrder<string, string>(Flow) { Weight = flow => flow == "a" ? weight : 1 });
        for (var i = 1; i <= 4; i++)
        {
            weight = 5 - i;
            Add(queue, $"a/{i}", $"b/{i}");
        }

        Assert.Equal(["a/1", "a/2", "a/3", "a/4", "b/1", "b/2", "b/3", "b/4"], queue.RunAllNow());
    }

    [Fact]
    public void Steady_work_allocates_nothing()
    {
        using var queue = new WorkQueue<int>(new WorkQueueOptions<int> { Order = new FairOrder<int, int>(key => key % 1500) });

        Assert.Equal(0, Allocations.OfSteady(Cycle));

        void Cycle()
        {
            for (var i = 0; i < 3000; i++)
            {
                queue.Add(i, i % 3);
            }

            for (var i = 0; i < 3000; i++)
            {
                queue.TakeNow().Dispose();
                queue.Add(i);
                queue.TakeNow().Dispose();
            }
        }
    }

    [Fact]
    public async Task A_flow_at_its_limit_gets_no_more_keys_until_one_of_its_workers_is_done()
    {
        using var queue = Queue(new FairOrder<string, string>(Flow) { MaxInWork = 2 });
        Add(queue, "a/1", "a/2", "a/3", "b/1");
        var first = queue.TakeNow();
        var others = new[] { queue.TakeNow(), queue.TakeNow() };
        Assert.Equal(["a/1", "a/2", "b/1"], others.Append(first).Select(item => item.Key).Order());

        var next = queue.TakeAsync(Cancellation);
        Assert.False(next.IsCompleted, "two keys of the flow are in work");
        Assert.Equal(1, queue.Count);
        Assert.Equal(["a/3"], queue.Snapshot().Ready);

        first.Dispose();

        Assert.Equal("a/3", (await next)!.Value.Key);
    }

    [Fact]
    public async Task A_limit_ends_neither_the_keys_nor_the_drain_of_a_queue_that_is_shut_down()
    {
        using var queue = Queue(new FairOrder<string, string>(Flow) { MaxInWork = 1 });
        Add(queue, "a/1", "a/2");
        var first = queue.TakeNow();
        var next = queue.TakeAsync(Cancellation);
        var drain = queue.DrainAsync(Timeout.InfiniteTimeSpan, Cancellation);
        Assert.False(next.IsCompleted);

        first.Dispose();
        (await next)!.Value.Dispose();

        Assert.True((await drain).IsComplete);
        Assert.Null(await queue.TakeAsync(Cancellation));
    }

    [Fact]
    public void Cancelled_keys_are_not_handed_out_and_leave_no_flow_behind()
    {
        Add(_queue, "a/1", "a/2", "b/1", "c/1");
        _queue.RunNow();
        Assert.True(_queue.Cancel("a/2"));
        Assert.True(_queue.Cancel("b/1"));

        Assert.Equal(["c/1"], _queue.RunAllNow());
        Add(_queue, "b/2", "a/3");
        Assert.Equal(["a/3", "b/2"], _queue.RunAllNow().Order());
    }

    [Fact]
    public void Delayed_keys_join_their_flow_when_they_fall_due()
    {
        Add(_queue, "a/1", "a/2");
        _queue.AddAfter("b/1", TimeSpan.FromSeconds(1));
        Assert.Equal("a/1", _queue.RunNow());
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["b/1", "a/2"], _queue.RunAllNow());
    }

    [Fact]
    public void Flows_are_compared_by_the_comparer_of_the_order()
    {
        using var queue = Queue(new FairOrder<string, string>(Flow) { FlowComparer = StringComparer.OrdinalIgnoreCase });
        Add(queue, "a/1", "A/2", "b/1");

        Assert.Equal(["a/1", "b/1", "A/2"], queue.RunAllNow());
    }

    [Fact]
    public void A_flow_function_that_throws_refuses_the_key_and_leaves_the_queue_as_it_was()
    {
        using var queue = Queue(new FairOrder<string, string>(key => key == "bad" ? throw new FormatException("no flow") : key));
        queue.Add("good");

        Assert.Throws<FormatException>(() => queue.Add("bad"));
        Assert.Throws<FormatException>(() => queue.AddAfter("bad", TimeSpan.FromSeconds(1)));

        Assert.Equal(["good"], queue.RunAllNow());
        Assert.Equal(0, queue.WaitingCount);
    }

    [Fact]
    public void A_flow_function_that_returns_null_gets_an_error_that_names_the_key()
    {
        using var queue = Queue(new FairOrder<string, string>(_ => null!));

        var error = Assert.Throws<InvalidOperationException>(() => queue.Add("a/1"));
        Assert.Contains("a/1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_settings_are_refused()
    {
        Assert.Throws<ArgumentNullException>(() => new FairOrder<string, string>(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FairOrder<string, string>(Flow) { MaxInWork = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new FairOrder<string, string>(Flow) { AgeingTime = TimeSpan.FromSeconds(-2) });
    }

    [Fact]
    public void Disposal_drops_the_keys_of_all_flows()
    {
        Add(_queue, "a/1", "b/1");
        _queue.AddAfter("c/1", TimeSpan.FromSeconds(1));
        using var held = _queue.TakeNow();

        _queue.Dispose();

        Assert.Equal((0, 0, 1), (_queue.Count, _queue.WaitingCount, _queue.ProcessingCount));
    }

    private static string Flow(string key) => key[..key.IndexOf('/', StringComparison.Ordinal)];

    private static void Add(WorkQueue<string> queue, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            queue.Add(key);
        }
    }

    private WorkQueue<string> Queue(WorkQueueOrder<string> order) => new(new WorkQueueOptions<string> { TimeProvider = _time, Order = order });

    /// <summary>Does something once before it says that a flow is the one that is looked for.</summary>
    private sealed class InterruptedComparer : IEqualityComparer<string>
    {
        public Action? Interruption { get; set; }

        public bool Equals(string? x, string? y)
        {
            if (x != y)
            {
                return false;
            }

            if (x == "a" && Interruption is { } interruption)
            {
                Interruption = null;
                interruption();
            }

            return true;
        }

        public int GetHashCode(string obj) => StringComparer.Ordinal.GetHashCode(obj);
    }
}
