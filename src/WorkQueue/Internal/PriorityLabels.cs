using System.Globalization;

namespace CrMonitor.WorkQueue;

/// <summary>
/// The values of the tag <c>priority</c> of one queue: 0, the first priorities that were seen when somebody collected, and one value for all others,
/// so that a queue with any number of priorities has a bounded number of time series.
/// </summary>
internal sealed class PriorityLabels
{
    /// <summary>The overflow included.</summary>
    public const int MaxCount = 25;

    public const string Overflow = "exceeded_cardinality_limit";

    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, string> _known = new() { [0] = "0" }; // a queue says from the start that it is empty
    private bool _overflowed;

    /// <summary>Adds up the counts under their labels. A label that was used once is reported for ever, with 0 if need be.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Group(IReadOnlyDictionary<int, int> countByPriority)
    {
        lock (_gate)
        {
            long others = 0;
            foreach (var (priority, count) in countByPriority.OrderByDescending(pair => pair.Value))
            {
                if (_known.ContainsKey(priority))
                {
                    continue;
                }

                if (_known.Count < MaxCount - 1)
                {
                    _known.Add(priority, priority.ToString(CultureInfo.InvariantCulture));
                }
                else
                {
                    _overflowed = true;
                    others += count;
                }
            }

            var groups = _known.Select(known => KeyValuePair.Create(known.Value, (long)countByPriority.GetValueOrDefault(known.Key)));
            return [.. groups, .. _overflowed ? [KeyValuePair.Create(Overflow, others)] : Array.Empty<KeyValuePair<string, long>>()];
        }
    }
}
