namespace CrMonitor.Informers.Tests;

/// <summary>Runs its tests while no others run, for these allocate memory too.</summary>
[CollectionDefinition(nameof(CacheMemoryTests), DisableParallelization = true)]
public sealed class CacheMemoryTestsCollection;
