using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace CrMonitor.Contract.Tests;

/// <summary>Runs a case once against each server. Without a real server its row is skipped, visibly.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OnBothServersAttribute : DataAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        ValueTask.FromResult<IReadOnlyCollection<ITheoryDataRow>>(
        [
            new TheoryDataRow<ServerUnderTest>(ServerUnderTest.Embedded),
            new TheoryDataRow<ServerUnderTest>(ServerUnderTest.Real) { Skip = ContractServer.WhyRealIsMissing },
        ]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
