namespace CrMonitor.Informers;

/// <summary>An object of a store, where it stands in the list of its namespace, and its length as JSON (it stands where padding would).</summary>
internal readonly record struct StoredPlace<T>(T Object, int Position, int Bytes)
    where T : class;
