using System.Collections.Immutable;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Storage;

namespace CrMonitor.ApiServer.Verbs;

/// <summary>Reads lists: all at once or in pages, as they are or as they were.</summary>
internal static class ListReader
{
    // How long a request for a version that is not there yet waits for it.
    private static readonly TimeSpan RevisionPatience = TimeSpan.FromSeconds(3);

    /// <exception cref="ApiException">The revision that is asked for is no longer kept, or not there yet.</exception>
    public static async Task<ListPage> ReadAsync(
        ObjectStore store, ResourceDefinition definition, string ns, ListOptions options, CancellationToken cancellationToken)
    {
        var table = store.Table(definition.StorageKey);
        var state = await ReadStateAsync(store, table, options, cancellationToken);

        var (first, end) = Range(state.Objects, ns);
        if (options.Continue is { } token)
        {
            var next = state.Objects.IndexOf(StoredObject.Probe(ns.Length == 0 ? token.Start : StoredObject.KeyOf(ns, token.Start)));
            first = Math.Max(first, next < 0 ? ~next : next);
        }

        // A selector leaves it open how many more there are.
        var isFiltered = !options.SelectsEverything;

        // "0" is answered from what a server has at hand, which is all.
        var limit = options.Limit == 0 || (options.ResourceVersion == 0 && options.Continue is null) ? long.MaxValue : options.Limit;
        var page = new List<StoredObject>();
        for (var i = first; i < end; i++)
        {
            var obj = state.Objects[i];
            if (!options.Matches(obj))
            {
                continue;
            }

            if (page.Count == limit)
            {
                var lastKey = ns.Length == 0 ? page[^1].Key : page[^1].Name;
                return new ListPage(page, state.Revision, ContinueToken.After(state.Revision, lastKey).ToString(), isFiltered ? null : end - i);
            }

            page.Add(obj);
        }

        return new ListPage(page, state.Revision, "", null);
    }

    /// <summary>The objects of one namespace, or (with an empty name) all.</summary>
    public static IEnumerable<StoredObject> InNamespace(ImmutableSortedSet<StoredObject> objects, string ns)
    {
        if (ns.Length == 0)
        {
            return objects;
        }

        return OfRange(objects, Range(objects, ns));

        static IEnumerable<StoredObject> OfRange(ImmutableSortedSet<StoredObject> objects, (int First, int End) range)
        {
            for (var i = range.First; i < range.End; i++)
            {
                yield return objects[i];
            }
        }
    }

    /// <returns>False if the store has not reached the revision in the time that a client can be kept waiting.</returns>
    public static async Task<bool> WaitForRevisionAsync(ObjectStore store, ulong revision, CancellationToken cancellationToken)
    {
        if (revision <= (ulong)store.Revision)
        {
            return true;
        }

        if (revision > long.MaxValue)
        {
            return false;
        }

        using var reached = store.WaitForRevision((long)revision);
        try
        {
            await reached.Task.WaitAsync(RevisionPatience, store.Time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static async Task<TableState> ReadStateAsync(
        ObjectStore store, ResourceTable table, ListOptions options, CancellationToken cancellationToken)
    {
        const string Expired = "The resourceVersion for the provided list is too old.";
        if (options.Continue is { Revision: > 0 } token)
        {
            return token.Revision > store.Revision
                ? throw ApiErrors.TooLargeResourceVersion((ulong)token.Revision, store.Revision)
                : store.ReadAt(table, token.Revision) ?? throw new ApiException(
                    410,
                    "Expired",
                    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue "
                    + "parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided "
                    + "token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was "
                    + "returned and now may show up in the list.")
                {
                    Continue = (token with { Revision = -1 }).ToString(),
                };
        }

        if (options.Continue is not null || options.ResourceVersion is null or 0)
        {
            return store.Read(table);
        }

        var revision = options.ResourceVersion.Value;
        if (!await WaitForRevisionAsync(store, revision, cancellationToken))
        {
            throw ApiErrors.TooLargeResourceVersion(revision, store.Revision);
        }

        // With a limit, a version means exactly that one, as older servers took it.
        var isExact = options.ResourceVersionMatch == "Exact" || (options.ResourceVersionMatch.Length == 0 && options.Limit > 0);
        return isExact ? store.ReadAt(table, (long)revision) ?? throw ApiErrors.Expired(Expired) : store.Read(table);
    }

    private static (int First, int End) Range(ImmutableSortedSet<StoredObject> objects, string ns)
    {
        if (ns.Length == 0)
        {
            return (0, objects.Count);
        }

        // '0' follows '/' in the order of characters, and so follows all keys of the namespace.
        return (Start(objects, $"{ns}/"), Start(objects, $"{ns}0"));

        static int Start(ImmutableSortedSet<StoredObject> objects, string key)
        {
            var index = objects.IndexOf(StoredObject.Probe(key));
            return index < 0 ? ~index : index;
        }
    }
}
