namespace CrMonitor.Controllers.Tests;

/// <summary>How often the seeds have come to what they are to show: a check that nothing ever reaches would say nothing. Any thread may count.</summary>
internal sealed class ConvergenceTally
{
    private int _creates;
    private int _applies;
    private int _lostAnswers;
    private int _relists;
    private int _lastWrites;
    private int _terms;
    private int _sharedWork;

    /// <summary>Children that were created under a name that the server found.</summary>
    public int Creates => _creates;

    /// <summary>Children that were applied under a name of their own.</summary>
    public int Applies => _applies;

    /// <summary>Writes of children that the host was not told the outcome of.</summary>
    public int LostAnswers => _lostAnswers;

    /// <summary>Lists that were answered, beyond the first one of each cache.</summary>
    public int Relists => _relists;

    /// <summary>Seeds whose last change led to no write but those that it needs.</summary>
    public int LastWrites => _lastWrites;

    /// <summary>Terms of leaders that followed another one.</summary>
    public int Terms => _terms;

    /// <summary>Seeds in which both of two elected hosts wrote.</summary>
    public int SharedWork => _sharedWork;

    public void Add(IReadOnlyCollection<CreationWitness> witnesses, int relists, int terms)
    {
        Interlocked.Add(ref _creates, witnesses.Sum(witness => witness.Creates));
        Interlocked.Add(ref _applies, witnesses.Sum(witness => witness.Applies));
        Interlocked.Add(ref _lostAnswers, witnesses.Sum(witness => witness.LostAnswers));
        Interlocked.Add(ref _relists, relists);
        Interlocked.Add(ref _terms, terms);
        Interlocked.Add(ref _sharedWork, witnesses.Count > 1 && witnesses.All(witness => witness.Writes > 0) ? 1 : 0);
    }

    public void AddLastWrite() => Interlocked.Increment(ref _lastWrites);

    public override string ToString() =>
        $"{Creates} creates, {Applies} applies, {LostAnswers} lost answers, {Relists} relists, {LastWrites} last writes, {Terms} terms that followed others, "
        + $"{SharedWork} seeds with two hosts that wrote";
}
