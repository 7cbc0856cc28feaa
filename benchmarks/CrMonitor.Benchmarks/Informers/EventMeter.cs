using System.Globalization;
using CrMonitor.Informers;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>A handler that does nothing but note when it is called for updates.</summary>
/// <param name="lastVersion">The version of the last event that is awaited; <see langword="null"/>: none is.</param>
internal sealed class EventMeter(string? lastVersion) : IResourceHandler<Application>
{
    private const string SentAnnotation = "example.com/sent";

    private readonly TaskCompletionSource _last = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<long> _latencies = [];   // in ticks
    private long _first;
    private long _latest;

    /// <summary>Completes with the last event.</summary>
    public Task Last => _last.Task;

    /// <summary>The time from the first call to the last.</summary>
    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(_first, _latest);

    /// <summary>How long after the server's stamp each call came, sorted.</summary>
    public TimeSpan[] Latencies => [.. _latencies.Order().Select(TimeSpan.FromTicks)];

    public ValueTask HandleAsync(ResourceChange<Application> change, CancellationToken cancellationToken)
    {
        if (change.Kind != ChangeKind.Updated)
        {
            return default;
        }

        _latest = TimeProvider.System.GetTimestamp();
        _first = _first == 0 ? _latest : _first;
        var metadata = change.Object.Metadata;
        var sent = long.Parse(metadata.Annotations[SentAnnotation], CultureInfo.InvariantCulture) / TimeSpan.NanosecondsPerTick;
        _latencies.Add((TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks - sent);
        if (metadata.ResourceVersion == lastVersion)
        {
            _last.TrySetResult();
        }

        return default;
    }
}
