namespace CrMonitor.Controllers.Tests;

/// <summary>Runs its tests while no others run.</summary>
[CollectionDefinition(nameof(StormTests), DisableParallelization = true)]
public sealed class StormTestsCollection;
