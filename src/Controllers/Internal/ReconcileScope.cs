using System.Collections;
using CrMonitor.Informers;

namespace CrMonitor.Controllers;

/// <summary>The fields that every log line of a run carries.</summary>
internal sealed class ReconcileScope(string controller, string kind, ObjectKey key, string? uid, Guid reconcileId) : IReadOnlyList<KeyValuePair<string, object?>>
{
    public int Count => 6;

    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new("controller", controller),
        1 => new("kind", kind),
        2 => new("namespace", key.Namespace),
        3 => new("name", key.Name),
        4 => new("uid", uid),
        5 => new("reconcileId", reconcileId),
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
