using System.Threading.Channels;

namespace CrMonitor.Controllers.Tests;

/// <summary>A reconciler that tells the test of each run, and does in it what the test says.</summary>
internal sealed class FakeReconciler(Func<ReconcileContext<Widget>, CancellationToken, ValueTask<ReconcileResult>>? run = null) : IReconciler<Widget>
{
    private readonly Channel<ReconcileContext<Widget>> _runs = Channel.CreateUnbounded<ReconcileContext<Widget>>();
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public Func<ReconcileContext<Widget>, CancellationToken, ValueTask<ReconcileResult>> Run { get; set; } =
        run ?? ((_, _) => ValueTask.FromResult(ReconcileResult.Done));

    public async ValueTask<ReconcileResult> ReconcileAsync(ReconcileContext<Widget> context, CancellationToken cancellationToken)
    {
        // As it is now: once it has been told, the test may say what the next run is to do.
        var run = Run;
        Interlocked.Increment(ref _count);
        _runs.Writer.TryWrite(context);
        return await run(context, cancellationToken);
    }

    /// <summary>The next run that has begun.</summary>
    public ValueTask<ReconcileContext<Widget>> NextAsync() => _runs.Reader.ReadAsync(TestContext.Current.CancellationToken);

    public bool HasNext => _runs.Reader.TryPeek(out _);
}
