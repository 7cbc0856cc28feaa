using System.Diagnostics;
using CrMonitor.Informers;

namespace CrMonitor.Controllers;

/// <summary>Why the keys of a queue stand in it. May be used from any thread.</summary>
internal sealed class PendingReasons(TimeProvider time)
{
    /// <summary>How many different reasons of one run are kept; the rest is counted.</summary>
    public const int Kept = 16;

    // _gate guards the field below. It is held for updates of it alone.
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectKey, Entry> _entries = [];

    /// <summary>Adds a reason for the key's next run.</summary>
    public void Add(ObjectKey key, ReconcileReason reason)
    {
        lock (_gate)
        {
            var entry = EntryLocked(key);
            entry.Add(reason);
            entry.Link();
        }
    }

    /// <summary>Gives back what was taken for a run that did not come to its end.</summary>
    public void PutBack(ObjectKey key, in TakenReasons taken)
    {
        lock (_gate)
        {
            var entry = EntryLocked(key);
            foreach (var reason in taken.Reasons)
            {
                entry.Add(reason);
            }

            foreach (var link in taken.Links)
            {
                entry.Add(link);
            }

            entry.Omitted += taken.Omitted;
        }
    }

    /// <summary>Says that the key is to run after <paramref name="delay"/>. It is a reason only of a run that does not come earlier.</summary>
    public void Schedule(ObjectKey key, TimeSpan delay)
    {
        lock (_gate)
        {
            var entry = EntryLocked(key);
            entry.ScheduledAt = time.GetTimestamp();
            entry.ScheduledIn = delay;
            entry.Link();
        }
    }

    /// <summary>Takes the reasons of the run that begins now.</summary>
    public TakenReasons Take(ObjectKey key)
    {
        lock (_gate)
        {
            if (!_entries.Remove(key, out var entry))
            {
                return new TakenReasons([], 0, []);
            }

            if (entry.ScheduledIn is { } delay && time.GetElapsedTime(entry.ScheduledAt) >= delay)
            {
                entry.Add(new ReconcileReason(ReconcileTrigger.Scheduled));
            }

            return new TakenReasons(entry.Reasons, entry.Omitted, entry.Links);
        }
    }

    private Entry EntryLocked(ObjectKey key)
    {
        if (!_entries.TryGetValue(key, out var entry))
        {
            _entries.Add(key, entry = new Entry());
        }

        return entry;
    }

    private sealed class Entry
    {
        private List<ActivityLink>? _links;

        public List<ReconcileReason> Reasons { get; } = new(1);

        public int Omitted { get; set; }

        public IReadOnlyList<ActivityLink> Links => _links ?? (IReadOnlyList<ActivityLink>)[];

        public long ScheduledAt { get; set; }

        public TimeSpan? ScheduledIn { get; set; }

        public void Link()
        {
            if (Activity.Current is { } cause)
            {
                Add(new ActivityLink(cause.Context));
            }
        }

        public void Add(ActivityLink link)
        {
            if ((_links ??= []).Count < Kept)
            {
                _links.Add(link);
            }
        }

        public void Add(ReconcileReason reason)
        {
            if (Reasons.Contains(reason))
            {
                return;
            }

            if (Reasons.Count < Kept)
            {
                Reasons.Add(reason);
            }
            else
            {
                Omitted++;
            }
        }
    }
}
