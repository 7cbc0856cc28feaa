using System.Globalization;
using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>A handler that does nothing but note when it is called for updates.</summary>
/// <param name="form">How the objects are held.</param>
/// <param name="lastVersion">The version of the last event that is awaited; <see langword="null"/>: none is.</param>
/// <param name="readsStamps">Reads from each event when it was sent. A handler that reads metadata makes the dynamic form decode them.</param>
internal sealed class EventMeter<T>(ObjectForm<T> form, string? lastVersion, bool readsStamps) : IResourceHandler<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private const string SentAnnotation = "example.com/sent";

    private readonly TaskCompletionSource _last = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<long> _latencies = [];   // in ticks
    private long _first;
    private long _latest;

    /// <summary>Completes with the last event.</summary>
    public Task Last => _last.Task;

    /// <summary>How many updates there were.</summary>
    public int Handled { get; private set; }

    /// <summary>The time from the first call to the last.</summary>
    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(_first, _latest);

    /// <summary>How long after the server's stamp each call came, sorted; empty if stamps are not read.</summary>
    public TimeSpan[] Latencies => [.. _latencies.Order().Select(TimeSpan.FromTicks)];

    public ValueTask HandleAsync(ResourceChange<T> change, CancellationToken cancellationToken)
    {
        if (change.Kind != ChangeKind.Updated)
        {
            return default;
        }

        _latest = TimeProvider.System.GetTimestamp();
        _first = _first == 0 ? _latest : _first;
        Handled++;
        if (readsStamps)
        {
            var sent = long.Parse(change.Object.Metadata.Annotations[SentAnnotation], CultureInfo.InvariantCulture) / TimeSpan.NanosecondsPerTick;
            _latencies.Add((TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks - sent);
        }

        if (form.VersionOf(change.Object) == lastVersion)
        {
            _last.TrySetResult();
        }

        return default;
    }
}
