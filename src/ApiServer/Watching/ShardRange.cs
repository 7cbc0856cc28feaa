namespace CrMonitor.ApiServer.Watching;

/// <summary>A part of the space of hashes.</summary>
/// <param name="Field">The field whose value is hashed.</param>
/// <param name="Start">The lower bound as it is written, which belongs to the range.</param>
/// <param name="End">The upper bound as it is written, which does not.</param>
/// <param name="First">The lowest hash of the range.</param>
/// <param name="Last">The highest hash of the range.</param>
internal sealed record ShardRange(string Field, string Start, string End, ulong First, ulong Last)
{
    public override string ToString() => $"shardRange({Field}, '{Start}', '{End}')";
}
