using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.WorkQueue.Tests;

public sealed class SnapshotTests
{
    [Fact]
    public void A_snapshot_shows_every_key_in_the_order_in_which_it_will_come()
    {
        var time = new FakeTimeProvider();
        using var queue = new WorkQueue<string>(new WorkQueueOptions<string> { Name = "snapshot", TimeProvider = time });
        queue.Add("first");
        using var first = queue.TakeNow();
        time.Advance(TimeSpan.FromSeconds(3));
        queue.Add("second");
        using var second = queue.TakeNow();
        queue.Add("first");
        queue.Add("a");
        queue.Add("b");
        queue.AddAfter("late", TimeSpan.FromSeconds(20));
        queue.AddAfter("soon", TimeSpan.FromSeconds(10));
        queue.AddAfter("second", TimeSpan.FromSeconds(15));
        time.Advance(TimeSpan.FromSeconds(1));

        var snapshot = queue.Snapshot();

        Assert.Equal(["a", "b"], snapshot.Ready);
        Assert.Equal(
            [new("soon", TimeSpan.FromSeconds(9)), new("second", TimeSpan.FromSeconds(14)), new("late", TimeSpan.FromSeconds(19))],
            snapshot.Waiting);
        Assert.Equal(
            [new("first", TimeSpan.FromSeconds(4), WillRunAgain: true), new("second", TimeSpan.FromSeconds(1), WillRunAgain: false)],
            snapshot.Processing);
        Assert.False(snapshot.IsShutDown);
    }

    [Fact]
    public void An_unnamed_queue_measures_no_ages()
    {
        using var queue = new WorkQueue<string>();
        queue.Add("a");
        using var held = queue.TakeNow();

        Assert.Null(Assert.Single(queue.Snapshot().Processing).Age);
    }
}
