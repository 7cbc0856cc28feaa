using System.Collections.Immutable;

namespace CrMonitor.ApiServer.Storage;

/// <summary>All objects of a table at one revision, and the place in its log where that revision is.</summary>
/// <param name="Revision">The store's revision, of which this is the state.</param>
/// <param name="Objects">In the order of their keys.</param>
/// <param name="Tail">The last change that <paramref name="Objects"/> contains.</param>
internal readonly record struct TableState(long Revision, ImmutableSortedSet<StoredObject> Objects, Change Tail);
