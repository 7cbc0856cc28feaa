using System.Runtime.CompilerServices;

namespace CrMonitor.WorkQueue.Tests;

public sealed class DeduplicationTests : IDisposable
{
    private readonly WorkQueue<string> _queue = new();

    public void Dispose() => _queue.Dispose();

    [Fact]
    public void A_key_added_three_times_is_handed_out_once()
    {
        _queue.Add("a");
        _queue.Add("a");
        Assert.Equal(1, _queue.Count);
        _queue.Add("a");
        Assert.Equal(1, _queue.Count);

        Assert.Equal(["a"], _queue.RunAllNow());
    }

    [Fact]
    public async Task A_key_added_while_held_is_handed_out_once_more_after_done()
    {
        _queue.Add("a");
        var held = _queue.TakeNow();
        _queue.Add("a");
        _queue.Add("a");
        _queue.Add("a");
        Assert.Equal(0, _queue.Count);

        var next = _queue.TakeAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.False(next.IsCompleted, "a key must not have two workers");

        held.Dispose();
        using (var again = (await next)!.Value)
        {
            Assert.Equal("a", again.Key);
        }

        Assert.Equal(0, _queue.Count);
        Assert.Equal(0, _queue.ProcessingCount);
    }

    [Fact]
    public void A_key_that_runs_again_goes_behind_those_that_are_ready()
    {
        _queue.Add("a");
        var held = _queue.TakeNow();
        _queue.Add("a");
        _queue.Add("b");
        held.Dispose();

        Assert.Equal(["b", "a"], _queue.RunAllNow());
    }

    [Fact]
    public void Keys_are_handed_out_in_the_order_of_their_first_addition()
    {
        foreach (var key in (string[])["c", "a", "b", "a", "c"])
        {
            _queue.Add(key);
        }

        Assert.Equal(["c", "a", "b"], _queue.RunAllNow());
    }

    [Fact]
    public void The_comparer_decides_which_keys_are_the_same()
    {
        using var queue = new WorkQueue<string>(new WorkQueueOptions<string> { Comparer = StringComparer.OrdinalIgnoreCase });
        queue.Add("Web");
        queue.Add("WEB");
        queue.Add("api");

        Assert.Equal(["Web", "api"], queue.RunAllNow());
    }

    [Fact]
    public void Keys_whose_hash_codes_collide_are_kept_apart()
    {
        using var queue = new WorkQueue<int>(new WorkQueueOptions<int> { Comparer = new Colliding() });
        var keys = Enumerable.Range(0, 100).ToArray();
        foreach (var key in keys)
        {
            queue.Add(key);
        }

        Assert.True(queue.Cancel(50));
        Assert.True(queue.Cancel(99));
        Assert.True(queue.Cancel(0));
        queue.Add(1);

        Assert.Equal(keys.Except([0, 50, 99]), queue.RunAllNow());
    }

    [Fact]
    public void A_queue_grows_and_keeps_every_key()
    {
        using var queue = new WorkQueue<int>();
        var keys = Enumerable.Range(0, 10_000).ToArray();
        foreach (var key in keys)
        {
            queue.Add(key);
            queue.Add(key / 2);
        }

        Assert.Equal(keys.Length, queue.Count);
        Assert.Equal(keys, queue.RunAllNow());
    }

    [Fact]
    public void A_null_key_is_refused_by_name()
    {
        Assert.Throws<ArgumentNullException>("key", () => _queue.Add(null!));
        Assert.Throws<ArgumentNullException>("key", () => _queue.AddAfter(null!, TimeSpan.Zero));
        Assert.Throws<ArgumentNullException>("key", () => _queue.AddRateLimited(null!));
        Assert.Throws<ArgumentNullException>("key", () => _queue.Cancel(null!));
        Assert.Throws<ArgumentNullException>("key", () => _queue.Forget(null!));
        Assert.Throws<ArgumentNullException>("key", () => _queue.Retries(null!));
    }

    [Fact]
    public void A_key_that_is_done_is_not_kept_alive()
    {
        var queue = new WorkQueue<object>();
        var key = AddAndRun(queue);

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.False(key.IsAlive, "the queue must not hold a key that it does not need");
        GC.KeepAlive(queue);
    }

    // Not inlined, so that no local of the test holds the key.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference AddAndRun(WorkQueue<object> queue)
    {
        var key = new object();
        queue.Add(key);
        queue.TakeNow().Dispose();
        HandOver(queue.TakeAsync(), queue, key);
        queue.AddAfter(key, TimeSpan.FromHours(1));
        queue.Cancel(key);
        return new WeakReference(key);
    }

    private static void HandOver(ValueTask<WorkItem<object>?> waiting, WorkQueue<object> queue, object key)
    {
        queue.Add(key);
        waiting.ResultNow()!.Value.Dispose();
    }

    private sealed class Colliding : IEqualityComparer<int>
    {
        public bool Equals(int x, int y) => x == y;

        public int GetHashCode(int obj) => 7;
    }
}
