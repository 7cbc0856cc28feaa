namespace CrMonitor.SampleOperator.Tests;

/// <summary>
/// The tests that run the operator in this process run one after the other: metrics are listened to by name, and two operators in one process would
/// be measured as one.
/// </summary>
[CollectionDefinition(Name)]
public sealed class InProcess
{
    public const string Name = "operator in this process";
}
