using System.Globalization;
using CrMonitor.Benchmarks.Informers;
using CrMonitor.Controllers;

namespace CrMonitor.Benchmarks.Controllers;

/// <summary>Notes how old the changes are that a run sees. Change number i is one of object i modulo <paramref name="count"/>.</summary>
/// <param name="count">How many objects there are.</param>
/// <param name="changes">How many changes will be sent.</param>
internal sealed class LatencyReconciler(int count, int changes) : IReconciler<Application>
{
    /// <summary>The annotation that carries the number of the object's latest change.</summary>
    public const string Change = "example.com/change";

    private readonly long[] _sent = new long[changes];   // timestamps
    private readonly TimeSpan[] _latencies = new TimeSpan[changes];
    private readonly int[] _unseen = [.. Enumerable.Range(0, count)];   // by object: its next change. One worker at a time has an object.
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _seen;
    private long _runs;

    /// <summary>By change: from its sending to the run that saw it, or a later one of the same object. Read it when all is complete.</summary>
    public IReadOnlyList<TimeSpan> Latencies => _latencies;

    /// <summary>Every change was seen.</summary>
    public Task Complete => _complete.Task;

    public long Runs => Interlocked.Read(ref _runs);

    /// <summary>Change <paramref name="change"/> is about to be sent.</summary>
    public void Sending(int change) => Volatile.Write(ref _sent[change], TimeProvider.System.GetTimestamp());

    public ValueTask<ReconcileResult> ReconcileAsync(ReconcileContext<Application> context, CancellationToken cancellationToken)
    {
        var now = TimeProvider.System.GetTimestamp();
        Interlocked.Increment(ref _runs);
        if (context.Object?.Metadata.Annotations is { } annotations && annotations.TryGetValue(Change, out var text))
        {
            See(int.Parse(text, CultureInfo.InvariantCulture), now);
        }

        return new ValueTask<ReconcileResult>(ReconcileResult.Done);
    }

    private void See(int latest, long now)
    {
        ref var next = ref _unseen[latest % count];
        for (; next <= latest; next += count)
        {
            _latencies[next] = TimeProvider.System.GetElapsedTime(Volatile.Read(ref _sent[next]), now);
            if (Interlocked.Increment(ref _seen) == changes)
            {
                _complete.TrySetResult();
            }
        }
    }
}
