using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.WorkQueue.Tests;

public sealed class CancellingTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly WorkQueue<string> _queue;

    public CancellingTests() => _queue = new WorkQueue<string>(new WorkQueueOptions<string> { TimeProvider = _time });

    public void Dispose() => _queue.Dispose();

    [Fact]
    public void A_cancelled_ready_key_is_not_handed_out()
    {
        _queue.Add("a");
        _queue.Add("b");
        _queue.Add("c");

        Assert.True(_queue.Cancel("b"));

        Assert.Equal(["a", "c"], _queue.RunAllNow());
    }

    [Fact]
    public void A_cancelled_waiting_key_does_not_fall_due()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(10));

        Assert.True(_queue.Cancel("a"));

        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal((0, 0), (_queue.Count, _queue.WaitingCount));
    }

    [Fact]
    public void Cancelling_a_held_key_takes_back_its_next_run_only()
    {
        _queue.Add("a");
        using (_queue.TakeNow())
        {
            Assert.False(_queue.Cancel("a"), "nothing was added since the hand-out");
            _queue.Add("a");
            Assert.True(_queue.Cancel("a"));
            Assert.Equal(1, _queue.ProcessingCount);
            _queue.AddAfter("a", TimeSpan.FromSeconds(1));
            Assert.True(_queue.Cancel("a"));
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((0, 0, 0), (_queue.Count, _queue.WaitingCount, _queue.ProcessingCount));
    }

    [Fact]
    public void Cancelling_an_unknown_key_changes_nothing() => Assert.False(_queue.Cancel("a"));

    [Fact]
    public void A_cancelled_key_can_be_added_again()
    {
        _queue.Add("a");
        _queue.Cancel("a");
        _queue.Add("a");

        Assert.Equal(["a"], _queue.RunAllNow());
    }

    [Fact]
    public async Task Cancelling_the_last_key_of_a_queue_that_was_shut_down_ends_the_drain()
    {
        _queue.Add("a");
        var drain = _queue.DrainAsync(Timeout.InfiniteTimeSpan, TestContext.Current.CancellationToken);
        Assert.False(drain.IsCompleted);

        _queue.Cancel("a");

        Assert.True((await drain).IsComplete);
    }
}
