using System.Collections;
using CrMonitor.Informers;

namespace CrMonitor.Controllers;

/// <summary>The fields that every log line of a run carries.</summary>
/// <param name="controller">The controller's name.</param>
/// <param name="kind">The kind of its objects.</param>
/// <param name="key">Whose run it is.</param>
/// <param name="uid">The object's uid; <see langword="null"/> if it is gone.</param>
/// <param name="reconcileId">Which run.</param>
/// <param name="attempt">1, and one more for each run before that failed or asked to be requeued.</param>
/// <param name="queuedAt">When the key became ready for it.</param>
internal sealed class ReconcileScope(string controller, string kind, ObjectKey key, string? uid, Guid reconcileId, int attempt, DateTimeOffset queuedAt)
    : IReadOnlyList<KeyValuePair<string, object?>>
{
    public int Count => 8;

    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new("controller", controller),
        1 => new("kind", kind),
        2 => new("namespace", key.Namespace),
        3 => new("name", key.Name),
        4 => new("uid", uid),
        5 => new("reconcileId", reconcileId),
        6 => new("attempt", attempt),
        7 => new("queuedAt", queuedAt),
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => $"{controller} {kind} {key} reconcile {reconcileId}";
}
