namespace CrMonitor.SampleOperator;

/// <summary>What a listening address serves. One address may serve both.</summary>
[Flags]
internal enum EndpointRoles
{
    None = 0,
    Metrics = 1,
    HealthProbes = 2,
}
