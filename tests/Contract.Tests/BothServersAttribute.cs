using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace CrMonitor.Contract.Tests;

/// <summary>Runs a case on the embedded server and on a real one, which must answer alike; without a real one, that half is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BothServersAttribute : DataAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        ValueTask.FromResult<IReadOnlyCollection<ITheoryDataRow>>(
        [
            new TheoryDataRow<ServerKind>(ServerKind.Embedded),
            new TheoryDataRow<ServerKind>(ServerKind.Real)
            {
                Skip = RealServer.KubeConfigPath is null ? $"{RealServer.Variable} names no kubeconfig of a real API server." : null,
            },
        ]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
