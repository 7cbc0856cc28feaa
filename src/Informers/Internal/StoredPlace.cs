namespace CrMonitor.Informers;

/// <summary>An object of a store, and where it stands in the list of its namespace.</summary>
internal readonly record struct StoredPlace<T>(T Object, int Position)
    where T : class;
