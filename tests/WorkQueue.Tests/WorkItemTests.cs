using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.WorkQueue.Tests;

public sealed class WorkItemTests : IDisposable
{
    private readonly WorkQueue<string> _queue = new();

    public void Dispose() => _queue.Dispose();

    [Fact]
    public void An_item_disposed_twice_gets_an_error_that_names_the_key()
    {
        _queue.Add("default/web");
        var item = _queue.TakeNow();
        item.Dispose();

        var error = Assert.Throws<InvalidOperationException>(item.Dispose);
        Assert.Contains("default/web", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_of_a_disposed_item_cannot_end_the_next_hand_out_of_its_key()
    {
        _queue.Add("a");
        var first = _queue.TakeNow();
        var copy = first;
        first.Dispose();
        _queue.Add("a");
        var second = _queue.TakeNow();

        Assert.Throws<InvalidOperationException>(copy.Dispose);
        Assert.Equal(1, _queue.ProcessingCount);
        Assert.NotEqual(first, second);

        second.Dispose();
        Assert.Equal(0, _queue.ProcessingCount);
    }

    [Fact]
    public void A_disposed_item_cannot_end_the_hand_out_of_another_key_that_took_its_place()
    {
        _queue.Add("a");
        var first = _queue.TakeNow();
        first.Dispose();
        _queue.Add("b");
        using var other = _queue.TakeNow();

        Assert.Throws<InvalidOperationException>(first.Dispose);
        Assert.Equal("b", Assert.Single(_queue.Snapshot().Processing).Key);
    }

    [Fact]
    public void A_default_item_gets_an_error() => Assert.Throws<InvalidOperationException>(() => default(WorkItem<string>).Dispose());

    [Fact]
    public void An_item_tells_how_long_its_key_was_ready_if_the_queue_is_measured()
    {
        var time = new FakeTimeProvider();
        using var measured = new WorkQueue<string>(new WorkQueueOptions<string> { Name = "measured", TimeProvider = time });
        measured.Add("a");
        time.Advance(TimeSpan.FromSeconds(2));
        using var item = measured.TakeNow();
        _queue.Add("a");
        using var unmeasured = _queue.TakeNow();

        Assert.Equal(TimeSpan.FromSeconds(2), item.TimeInQueue);
        Assert.Null(unmeasured.TimeInQueue);
    }
}
