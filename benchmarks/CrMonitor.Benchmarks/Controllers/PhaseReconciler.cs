using CrMonitor.Benchmarks.Informers;
using CrMonitor.Controllers;

namespace CrMonitor.Benchmarks.Controllers;

/// <summary>Gives each Application the wanted phase, and does nothing where it has it.</summary>
internal sealed class PhaseReconciler(string phase, int count) : IReconciler<Application>
{
    private readonly TaskCompletionSource _patched = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _first;
    private long _last;
    private int _patches;
    private long _runs;

    /// <summary>Every object was patched, and the change that each patch made has been looked at again.</summary>
    public Task Settled => Task.WhenAll(_patched.Task, _settled.Task);

    public long Runs => Interlocked.Read(ref _runs);

    /// <summary>From the first run to the answer to the last patch.</summary>
    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(_first, _last);

    public async ValueTask<ReconcileResult> ReconcileAsync(ReconcileContext<Application> context, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _runs) == 1)
        {
            _first = TimeProvider.System.GetTimestamp();
        }

        if (Runs >= 2L * count)
        {
            _settled.TrySetResult();
        }

        if (context.Object is not { } application || application.Status.Phase == phase)
        {
            return ReconcileResult.Done;
        }

        await context.PatchStatusAsync(
            application.Status with { Phase = phase, ObservedGeneration = application.Metadata.Generation },
            cancellationToken: cancellationToken);
        if (Interlocked.Increment(ref _patches) == count)
        {
            _last = TimeProvider.System.GetTimestamp();
            _patched.TrySetResult();
        }

        return ReconcileResult.Done;
    }
}
