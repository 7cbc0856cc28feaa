using CrMonitor.Benchmarks.Informers;
using CrMonitor.Controllers;

namespace CrMonitor.Benchmarks.Controllers;

/// <summary>Does nothing, and counts how often.</summary>
/// <param name="count">How many runs there are in a round.</param>
internal sealed class CountingReconciler(int count) : IReconciler<Application>
{
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _second = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _runs;

    /// <summary>The end of the first round.</summary>
    public Task First => _first.Task;

    /// <summary>The end of the second round.</summary>
    public Task Second => _second.Task;

    public ValueTask<ReconcileResult> ReconcileAsync(ReconcileContext<Application> context, CancellationToken cancellationToken)
    {
        var runs = Interlocked.Increment(ref _runs);
        if (runs == count)
        {
            _first.SetResult();
        }
        else if (runs == 2 * count)
        {
            _second.SetResult();
        }

        return new ValueTask<ReconcileResult>(ReconcileResult.Done);
    }
}
