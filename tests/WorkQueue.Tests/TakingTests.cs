namespace CrMonitor.WorkQueue.Tests;

public sealed class TakingTests : IDisposable
{
    private readonly WorkQueue<string> _queue = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task A_caller_that_waits_gets_the_key_when_it_is_added()
    {
        var take = _queue.TakeAsync(Cancellation).AsTask();
        Assert.False(take.IsCompleted);

        _queue.Add("a");

        Assert.Equal("a", (await take)!.Value.Key);
        Assert.Equal(0, _queue.Count);
        Assert.Equal(1, _queue.ProcessingCount);
    }

    [Fact]
    public async Task Callers_that_wait_are_served_in_the_order_of_their_calls()
    {
        var takes = Enumerable.Range(0, 3).Select(_ => _queue.TakeAsync(Cancellation).AsTask()).ToArray();
        _queue.Add("a");
        _queue.Add("b");
        _queue.Add("c");

        var items = await Task.WhenAll(takes);
        Assert.Equal(["a", "b", "c"], items.Select(item => item!.Value.Key));
    }

    [Fact]
    public async Task A_cancelled_wait_throws_and_takes_no_key_with_it()
    {
        using var first = new CancellationTokenSource();
        var cancelled = _queue.TakeAsync(first.Token).AsTask();
        var patient = _queue.TakeAsync(Cancellation).AsTask();

        await first.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(first.Token, error.CancellationToken);

        _queue.Add("a");
        Assert.Equal("a", (await patient)!.Value.Key);
    }

    [Fact]
    public async Task A_cancelled_token_takes_nothing_even_if_a_key_is_ready()
    {
        _queue.Add("a");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _queue.TakeAsync(new CancellationToken(canceled: true)).AsTask());

        Assert.Equal("a", _queue.RunNow());
    }

    [Fact]
    public async Task A_key_assigned_before_the_cancellation_is_still_handed_out()
    {
        using var source = new CancellationTokenSource();
        var take = _queue.TakeAsync(source.Token);
        _queue.Add("a");
        await source.CancelAsync();

        Assert.Equal("a", (await take)!.Value.Key);
    }

    [Fact]
    public async Task A_token_used_for_an_earlier_wait_does_not_disturb_a_later_one()
    {
        using var source = new CancellationTokenSource();
        var first = _queue.TakeAsync(source.Token);
        _queue.Add("a");
        (await first)!.Value.Dispose();

        var second = _queue.TakeAsync(Cancellation).AsTask();
        await source.CancelAsync();
        _queue.Add("b");

        Assert.Equal("b", (await second)!.Value.Key);
    }

    [Fact]
    public async Task ReadAllAsync_hands_out_keys_until_the_queue_is_shut_down_and_empty()
    {
        _queue.Add("a");
        _queue.Add("b");
        var seen = new List<string>();
        await foreach (var item in _queue.ReadAllAsync(Cancellation))
        {
            using (item)
            {
                seen.Add(item.Key);
                if (item.Key == "b")
                {
                    _queue.Add("b");
                    _queue.Add("c");
                    _queue.ShutDown();
                }
            }
        }

        Assert.Equal(["a", "b", "c", "b"], seen);
    }

    [Fact]
    public async Task ReadAllAsync_ends_with_an_exception_when_it_is_cancelled()
    {
        using var source = new CancellationTokenSource();
        var enumerator = _queue.ReadAllAsync(source.Token).GetAsyncEnumerator(Cancellation);
        var next = enumerator.MoveNextAsync().AsTask();

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        await enumerator.DisposeAsync();
    }

    [Fact]
    public void The_continuation_of_a_wait_runs_on_the_scheduler_of_the_caller_and_never_inside_the_addition()
    {
        // A scheduler on one thread that runs nothing by itself, as a simulator's.
        var scheduler = new ManualScheduler();
        string? taken = null;
        TaskScheduler? ranOn = null;
        var worker = new Task(async () =>
        {
            using var item = (await _queue.TakeAsync(Cancellation))!.Value;
            (taken, ranOn) = (item.Key, TaskScheduler.Current);
        });
        worker.Start(scheduler);
        scheduler.RunAll();

        _queue.Add("a");
        Assert.Null(taken);

        scheduler.RunAll();
        Assert.Equal("a", taken);
        Assert.Same(scheduler, ranOn);
    }

    [Fact]
    public void Steady_work_allocates_nothing()
    {
        using var queue = new WorkQueue<int>();

        Assert.Equal(0, Allocations.OfSteady(() => Cycle(queue, 1000)));
    }

    private static void Cycle(WorkQueue<int> queue, int times)
    {
        for (var i = 0; i < times; i++)
        {
            queue.Add(i);
            queue.TakeNow().Dispose();
            queue.AddAfter(i, TimeSpan.FromHours(1));
            queue.Cancel(i);
            HandOver(queue.TakeAsync(), queue, i);
        }
    }

    private static void HandOver(ValueTask<WorkItem<int>?> waiting, WorkQueue<int> queue, int key)
    {
        queue.Add(key);
        waiting.ResultNow()!.Value.Dispose();
    }

    private sealed class ManualScheduler : TaskScheduler
    {
        private readonly Queue<Task> _tasks = new();

        public void RunAll()
        {
            while (_tasks.TryDequeue(out var task))
            {
                TryExecuteTask(task);
            }
        }

        protected override void QueueTask(Task task) => _tasks.Enqueue(task);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => _tasks;
    }
}
