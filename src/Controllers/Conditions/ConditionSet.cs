using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>The conditions of an object's status while they are being computed.</summary>
/// <remarks>
/// It starts from copies of the object's conditions, so that the cached object stays as it is. The time of a transition changes only when the status of
/// its condition does. Conditions that are not set keep their place and content, those of other writers included. Not thread safe.
/// </remarks>
public sealed class ConditionSet
{
    private readonly List<V1Condition> _conditions = [];
    private readonly long? _observedGeneration;
    private readonly TimeProvider _time;

    /// <summary>Starts from an object's present conditions.</summary>
    /// <param name="current">The conditions of the status; <see langword="null"/> if there are none yet.</param>
    /// <param name="observedGeneration">The <c>metadata.generation</c> that is being reconciled: every condition that is set records it.</param>
    /// <param name="timeProvider">Says when a transition happens; the system's clock by default.</param>
    public ConditionSet(IEnumerable<V1Condition>? current, long? observedGeneration, TimeProvider? timeProvider = null)
    {
        foreach (var condition in current ?? [])
        {
            _conditions.Add(condition with { });
        }

        _observedGeneration = observedGeneration;
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <summary>Something differs from the conditions at the start.</summary>
    public bool HasChanged { get; private set; }

    /// <summary>The condition of this type, or <see langword="null"/>.</summary>
    public V1Condition? this[string type] => _conditions.Find(condition => condition.Type == type);

    /// <summary>Sets a condition to true or false.</summary>
    /// <returns>Whether anything of it changed.</returns>
    /// <exception cref="ArgumentException">Type or reason is empty, or the reason is not in CamelCase as Kubernetes demands.</exception>
    public bool Set(string type, bool status, string reason, string message) => Set(type, status ? "True" : "False", reason, message);

    /// <summary>Sets a condition to unknown.</summary>
    /// <inheritdoc cref="Set(string, bool, string, string)"/>
    public bool SetUnknown(string type, string reason, string message) => Set(type, "Unknown", reason, message);

    /// <summary>Takes a condition away.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(string type)
    {
        var removed = _conditions.RemoveAll(condition => condition.Type == type) > 0;
        HasChanged |= removed;
        return removed;
    }

    /// <summary>The conditions for the new status: first those that were there, in their order, then new ones.</summary>
    public IList<V1Condition> ToList() => [.. _conditions];

    private bool Set(string type, string status, string reason, string message)
    {
        ArgumentException.ThrowIfNullOrEmpty(type);
        ArgumentException.ThrowIfNullOrEmpty(reason);
        ArgumentNullException.ThrowIfNull(message);
        if (!IsReason(reason))
        {
            throw new ArgumentException(
                $"'{reason}' cannot be the reason of condition {type}. Use one CamelCase word: a letter, then letters, digits, '_', ',' and ':'.", nameof(reason));
        }

        var index = _conditions.FindIndex(condition => condition.Type == type);
        var old = index < 0 ? null : _conditions[index];
        var updated = new V1Condition
        {
            Type = type,
            Status = status,
            Reason = reason,
            Message = message,
            ObservedGeneration = _observedGeneration,
            LastTransitionTime = old is not null && old.Status == status ? old.LastTransitionTime : NowInSeconds(),
        };
        if (updated == old)
        {
            return false;
        }

        if (index < 0)
        {
            _conditions.Add(updated);
        }
        else
        {
            _conditions[index] = updated;
        }

        HasChanged = true;
        return true;
    }

    // Kubernetes keeps whole seconds. A fraction would make the computed status differ from what the server answers.
    private DateTime NowInSeconds()
    {
        var now = _time.GetUtcNow().UtcDateTime;
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond));
    }

    // ^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$, as metav1.Condition validates it.
    private static bool IsReason(string reason) =>
        char.IsAsciiLetter(reason[0])
        && (char.IsAsciiLetterOrDigit(reason[^1]) || reason[^1] == '_')
        && reason.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or ',' or ':');
}
