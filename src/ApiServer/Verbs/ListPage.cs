using CrMonitor.ApiServer.Storage;

namespace CrMonitor.ApiServer.Verbs;

/// <summary>One page of a list.</summary>
/// <param name="Objects">In the order of their keys.</param>
/// <param name="Revision">Of which revision they are.</param>
/// <param name="Continue">The token for the next page; empty if there is none.</param>
/// <param name="RemainingCount">How many objects follow; <see langword="null"/> if there are none, or a selector leaves it open.</param>
internal sealed record ListPage(IReadOnlyList<StoredObject> Objects, long Revision, string Continue, long? RemainingCount);
