namespace CrMonitor.Controllers.Tests;

/// <summary>
/// One thread and one time for all that is simulated: tasks run in the order in which they became ready, and time passes when there are none.
/// </summary>
internal sealed class VirtualWorld : TaskScheduler
{
    private readonly Queue<Task> _ready = new();
    private readonly PriorityQueue<Action, (long Due, long Number)> _events = new();
    private long _numbers;

    /// <summary>Ticks since the beginning.</summary>
    public long Now { get; private set; }

    /// <summary>Is called after everything that happens: what must hold at every instant is asserted here.</summary>
    public Action AfterEachStep { get; set; } = () => { };

    public TimeSpan Time => new(Now);

    /// <summary>Lets something happen at an instant, or now if that is over.</summary>
    public void At(long due, Action happens) => _events.Enqueue(happens, (due, _numbers++));

    /// <summary>Runs <paramref name="start"/> in this world; what it awaits goes on here.</summary>
    public Task<T> Run<T>(Func<Task<T>> start) => Task.Factory.StartNew(start, CancellationToken.None, TaskCreationOptions.None, this).Unwrap();

    /// <inheritdoc cref="Run{T}(Func{Task{T}})"/>
    public Task Run(Func<Task> start) => Task.Factory.StartNew(start, CancellationToken.None, TaskCreationOptions.None, this).Unwrap();

    /// <summary>Lets <paramref name="time"/> pass.</summary>
    public void Pass(TimeSpan time) => PassUntil(Now + time.Ticks);

    public void PassUntil(long end)
    {
        // The test runner's would take what is awaited out of this world.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            RunUntil(end);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>Lets time pass until <paramref name="task"/> has ended, and fails if that takes longer than <paramref name="limit"/>.</summary>
    public T Await<T>(Task<T> task, TimeSpan limit)
    {
        Await((Task)task, limit);
        return task.GetAwaiter().GetResult();
    }

    /// <inheritdoc cref="Await{T}(Task{T}, TimeSpan)"/>
    public void Await(Task task, TimeSpan limit)
    {
        var end = Now + limit.Ticks;
        Pass(TimeSpan.Zero);
        while (!task.IsCompleted)
        {
            Assert.True(_events.TryPeek(out _, out var order) && order.Due <= end, $"not within {limit}");
            PassUntil(order.Due);
        }

        task.GetAwaiter().GetResult();
    }

    protected override IEnumerable<Task> GetScheduledTasks() => _ready;

    protected override void QueueTask(Task task) => _ready.Enqueue(task);

    // One at a time, in order.
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    private void RunUntil(long end)
    {
        while (true)
        {
            while (_ready.TryDequeue(out var task))
            {
                TryExecuteTask(task);
                AfterEachStep();
            }

            if (!_events.TryPeek(out var happens, out var order) || order.Due > end)
            {
                Now = Math.Max(Now, end);
                AfterEachStep();
                return;
            }

            _events.Dequeue();
            Now = Math.Max(Now, order.Due);
            _ = Run(() =>
            {
                happens();
                return Task.CompletedTask;
            });
        }
    }
}
