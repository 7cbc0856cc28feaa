namespace CrMonitor.ApiServer.Kinds;

/// <summary>A ReplicaSet: the checks of the apps group.</summary>
internal sealed class ReplicaSetStrategy : WorkloadStrategy
{
    protected override string Noun => "replicaset";
}
