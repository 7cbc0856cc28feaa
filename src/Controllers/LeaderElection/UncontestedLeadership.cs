namespace CrMonitor.Controllers;

/// <summary>A process that works whatever others do: nobody is elected.</summary>
internal sealed class UncontestedLeadership : ILeadership
{
    public bool IsLeader => true;

    public LeadershipTerm? Term => null;

    public string? Holder => null;

    public ValueTask<LeadershipTerm?> WaitAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult<LeadershipTerm?>(null);
}
