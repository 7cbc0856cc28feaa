namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>The replicas of one Deployment, which exist nowhere else: how they come, become ready one after the other, and go.</summary>
/// <remarks>Belongs to the loop of its controller.</remarks>
internal sealed class ReplicaFleet
{
    private readonly List<Replica> _replicas = []; // oldest first
    private string _template = "";
    private bool _templateFails;

    // When the next replica becomes ready; null while none is on its way.
    private DateTimeOffset? _nextReady;

    private sealed class Replica(string template)
    {
        public string Template { get; } = template;

        public DateTimeOffset? ReadySince { get; set; }
    }

    /// <summary>The template that is rolled out: that of the spec, or while the Deployment is paused the one before.</summary>
    public string Template => _template;

    public int Total => _replicas.Count;

    public int Updated => _replicas.Count(replica => !IsOld(replica));

    public int Ready => _replicas.Count(static replica => replica.ReadySince is not null);

    public int Available(DateTimeOffset now, TimeSpan minReady) => _replicas.Count(replica => IsAvailable(replica, now, minReady));

    /// <summary>Takes up what a former run of the controller left in a status.</summary>
    public void Restore(string template, int updated, int total, int ready, DateTimeOffset now)
    {
        _template = template;
        for (var i = 0; i < total; i++)
        {
            _replicas.Add(new Replica(i < updated ? template : "") { ReadySince = i < ready ? now : null });
        }
    }

    /// <summary>Brings the replicas to where they are at a time.</summary>
    /// <param name="spec">What is asked for.</param>
    /// <param name="now">The time, not before that of the last call.</param>
    /// <param name="interval">From one replica becoming ready to the next.</param>
    /// <returns>When to call again; <see langword="null"/> if nothing happens by itself.</returns>
    public DateTimeOffset? Advance(DeploymentSpec spec, DateTimeOffset now, TimeSpan interval)
    {
        if (!spec.IsPaused || _template.Length == 0)
        {
            _template = spec.TemplateHash;
            _templateFails = spec.Fails;
        }

        Adjust(spec, now);
        while (FirstPending() is { } pending)
        {
            _nextReady ??= now + interval;
            if (_nextReady > now)
            {
                break;
            }

            pending.ReadySince = _nextReady;
            _nextReady += interval;
            Adjust(spec, now);
        }

        if (FirstPending() is null)
        {
            _nextReady = null;
        }

        var nextAvailable = _replicas
            .Where(replica => replica.ReadySince is not null && !IsAvailable(replica, now, spec.MinReady))
            .Min(replica => replica.ReadySince + spec.MinReady);
        return _nextReady is null || nextAvailable < _nextReady ? nextAvailable : _nextReady;
    }

    private static bool IsAvailable(Replica replica, DateTimeOffset now, TimeSpan minReady) => replica.ReadySince + minReady <= now;

    private bool IsOld(Replica replica) => replica.Template != _template;

    // Old replicas are on their way out: they do not become ready any more.
    private Replica? FirstPending() => _templateFails ? null : _replicas.Find(replica => replica.ReadySince is null && !IsOld(replica));

    // Creates and removes replicas as far as the strategy allows at this time.
    private void Adjust(DeploymentSpec spec, DateTimeOffset now)
    {
        if (spec.Recreates && !spec.IsPaused)
        {
            _replicas.RemoveAll(IsOld);
        }

        if (spec.IsPaused || !_replicas.Exists(IsOld))
        {
            Shrink(static _ => true, Total - spec.Replicas);
            Grow(spec.Replicas - Total);
            return;
        }

        // Old ones that are not available are no loss; of the others, those go that are more than must stay.
        _replicas.RemoveAll(replica => IsOld(replica) && !IsAvailable(replica, now, spec.MinReady));
        Shrink(IsOld, Available(now, spec.MinReady) - (spec.Replicas - spec.MaxUnavailable));
        Shrink(replica => !IsOld(replica), Updated - spec.Replicas);
        Grow(Math.Min(spec.Replicas - Updated, spec.Replicas + spec.MaxSurge - Total));
    }

    private void Grow(int count)
    {
        for (; count > 0; count--)
        {
            _replicas.Add(new Replica(_template));
        }
    }

    // Those that are not ready go first, then the youngest.
    private void Shrink(Predicate<Replica> which, int count)
    {
        for (; count > 0; count--)
        {
            var index = _replicas.FindLastIndex(replica => which(replica) && replica.ReadySince is null);
            index = index >= 0 ? index : _replicas.FindLastIndex(which);
            if (index < 0)
            {
                return;
            }

            _replicas.RemoveAt(index);
        }
    }
}
