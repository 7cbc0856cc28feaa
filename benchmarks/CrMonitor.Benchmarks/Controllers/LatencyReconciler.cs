using System.Collections.Concurrent;
using System.Globalization;
using CrMonitor.Benchmarks.Informers;
using CrMonitor.Controllers;

namespace CrMonitor.Benchmarks.Controllers;

/// <summary>Notes how old the change is that it is called for.</summary>
internal sealed class LatencyReconciler(int changes) : IReconciler<Application>
{
    /// <summary>The annotation that carries the moment at which a change was sent, as a timestamp of the system's clock.</summary>
    public const string Sent = "example.com/sent";

    private readonly ConcurrentDictionary<string, bool> _seen = new();
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _runs;

    public ConcurrentBag<TimeSpan> Latencies { get; } = [];

    /// <summary>Every change was seen. One that is overtaken by the next to its object is not, and would be missed here: the rate leaves each its time.</summary>
    public Task Complete => _complete.Task;

    public long Runs => Interlocked.Read(ref _runs);

    public ValueTask<ReconcileResult> ReconcileAsync(ReconcileContext<Application> context, CancellationToken cancellationToken)
    {
        var now = TimeProvider.System.GetTimestamp();
        Interlocked.Increment(ref _runs);
        if (context.Object?.Metadata.Annotations is { } annotations && annotations.TryGetValue(Sent, out var sent) && _seen.TryAdd(sent, true))
        {
            Latencies.Add(TimeProvider.System.GetElapsedTime(long.Parse(sent, CultureInfo.InvariantCulture), now));
            if (_seen.Count == changes)
            {
                _complete.TrySetResult();
            }
        }

        return new ValueTask<ReconcileResult>(ReconcileResult.Done);
    }
}
