using System.Collections.Concurrent;

namespace CrMonitor.Informers.Tests;

/// <summary>Knows of the objects only what a handler is told, and notes every change that does not fit what it was told before.</summary>
/// <param name="pause">What each call waits for: a slow handler sees merged changes.</param>
internal sealed class ReplayedView(Func<Task>? pause = null) : IResourceHandler<Widget>
{
    private readonly ConcurrentDictionary<ObjectKey, Widget> _objects = new();

    public ConcurrentQueue<string> Mistakes { get; } = new();

    public IReadOnlyDictionary<ObjectKey, string> Versions => _objects.ToDictionary(entry => entry.Key, entry => entry.Value.Metadata.ResourceVersion);

    public async ValueTask HandleAsync(ResourceChange<Widget> change, CancellationToken cancellationToken)
    {
        if (pause is not null)
        {
            await pause();
        }

        var known = _objects.GetValueOrDefault(change.Key);
        var fits = change.Kind switch
        {
            ChangeKind.Added => known is null && change is { Old: null, Current: not null },
            ChangeKind.Updated => known is not null && change.Current is not null && IsSame(known, change.Old!),
            _ => known is not null && change.Current is null,
        };
        if (!fits)
        {
            Mistakes.Enqueue($"{RecordingHandler.Describe(change)} after {known?.Metadata.ResourceVersion ?? "nothing"}");
        }

        if (change.Current is { } current)
        {
            _objects[change.Key] = current;
        }
        else
        {
            _objects.TryRemove(change.Key, out _);
        }
    }

    // Not the instance: the watch's takes the place of a noted answer of the same version without being told. And not the uid alone, by which a state
    // that was told to nobody could not be found.
    private static bool IsSame(Widget known, Widget old) =>
        known.Metadata.Uid == old.Metadata.Uid && known.Metadata.ResourceVersion == old.Metadata.ResourceVersion;
}
