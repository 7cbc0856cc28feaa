using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Storage;
using CrMonitor.ApiServer.Verbs;

namespace CrMonitor.ApiServer.Watching;

/// <summary>Writes the events of one watch.</summary>
/// <remarks>It never polls: it sleeps until the log of its table, a bookmark's time, its end, or a closed connection wakes it.</remarks>
internal sealed class WatchStream(
    ObjectStore store,
    ResourceDefinition definition,
    string ns,
    ListOptions options,
    Func<JsonObject, JsonObject>? present,
    TimeSpan bookmarkInterval,
    WatchFreeze frozen,
    PipeWriter output)
{
    private const string InitialEventsEnd = "k8s.io/initial-events-end";

    // As long before its end a watch gets a last bookmark, from which the client can go on.
    private static readonly TimeSpan BookmarkBeforeEnd = TimeSpan.FromSeconds(2);

    private readonly ResourceTable _table = store.Table(definition.StorageKey);

    // A client may ask for what comes after a version that this server has yet to reach.
    private readonly long _after = (long)Math.Min(options.ResourceVersion ?? 0, long.MaxValue);

    /// <summary>Runs until the time is over, or <paramref name="cancellationToken"/> is cancelled.</summary>
    /// <param name="timeout">How long the watch may last.</param>
    /// <param name="ended">Ends the watch in good order.</param>
    /// <param name="cancellationToken">Is cancelled when the connection is gone.</param>
    public async Task RunAsync(TimeSpan timeout, CancellationToken ended, CancellationToken cancellationToken)
    {
        var end = store.Time.GetUtcNow() + timeout;
        if (await StartAsync(cancellationToken) is not { } state)
        {
            return;
        }

        // The log is followed before what is there is sent, so that a reader who is slow at that is given up as any other.
        using var cursor = ObjectStore.Follow(_table, state.Tail);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, ended, cursor.Lagged);
        var nextBookmark = NextBookmark(end);
        await using var alarm = store.Time.CreateTimer(
            static c => ((WatchCursor)c!).Wake(), cursor, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        try
        {
            if (options.SendsInitialEvents)
            {
                await WriteInitialEventsAsync(state, stop.Token);
            }

            while (true)
            {
                await frozen.WaitAsync(stop.Token);
                while (cursor.TryRead(out var change))
                {
                    if (Write(change) && output.UnflushedBytes > 64 * 1024)
                    {
                        await output.FlushAsync(stop.Token);
                    }
                }

                var now = store.Time.GetUtcNow();
                if (options.AllowWatchBookmarks && now >= nextBookmark)
                {
                    WriteBookmark(cursor.Position, isInitialEnd: false);
                    nextBookmark = NextBookmark(end);
                }

                if (output.UnflushedBytes > 0)
                {
                    await output.FlushAsync(stop.Token);
                }

                if (now >= end || (cursor.IsEnding && cursor.Position.Next is null))
                {
                    return;
                }

                var wakeAt = options.AllowWatchBookmarks && nextBookmark < end ? nextBookmark : end;
                alarm.Change(wakeAt - now, Timeout.InfiniteTimeSpan);
                await cursor.WaitAsync(stop.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Ended by the server, or too slow: the client watches again from where it is.
        }
    }

    /// <returns>The state after which to go on; <see langword="null"/> if the watch cannot start, which its client has been told.</returns>
    private async Task<TableState?> StartAsync(CancellationToken cancellationToken)
    {
        if (!options.SendsInitialEvents && options.ResourceVersion is > 0 and var version)
        {
            var state = store.Read(_table);
            if (version > (ulong)state.Revision)
            {
                return state;
            }

            if (store.FindInLog(_table, (long)version) is { } position)
            {
                return state with { Tail = position };
            }

            await WriteErrorAsync(ApiErrors.TooOld((long)version, store.OldestRevision(_table)), cancellationToken);
            return null;
        }

        if (options.ResourceVersion is > 0 and var wanted && !await ListReader.WaitForRevisionAsync(store, wanted, cancellationToken))
        {
            await WriteErrorAsync(ApiErrors.TooLargeResourceVersion(wanted, store.Revision), cancellationToken);
            return null;
        }

        return store.Read(_table);
    }

    private async Task WriteInitialEventsAsync(TableState state, CancellationToken cancellationToken)
    {
        foreach (var obj in ListReader.InNamespace(state.Objects, ns))
        {
            if (Matches(obj))
            {
                Write("ADDED"u8, obj);
                if (output.UnflushedBytes > 64 * 1024)
                {
                    await output.FlushAsync(cancellationToken);
                }
            }
        }

        if (options.AllowWatchBookmarks)
        {
            WriteBookmark(state.Revision, isInitialEnd: true);
        }
    }

    /// <returns>Whether the change concerns this watch.</returns>
    private bool Write(Change change)
    {
        if (change.Revision <= _after)
        {
            return false;
        }

        var isNow = change.Current is { } current && Matches(current);
        var was = change.Previous is { } previous && Matches(previous);
        switch (was, isNow)
        {
            case (false, true):
                Write("ADDED"u8, change.Current!);
                return true;
            case (true, true):
                Write("MODIFIED"u8, change.Current!);
                return true;
            case (true, false):
                Write("DELETED"u8, change.Final);
                return true;
            default:
                return false;
        }
    }

    private bool Matches(StoredObject obj) =>
        (ns.Length == 0 || obj.Namespace == ns) && options.Matches(obj);

    private void Write(ReadOnlySpan<byte> type, StoredObject obj)
    {
        var json = present is null ? ObjectForm.Json(obj, definition) : ObjectEncoder.ToUtf8(present(ObjectForm.Parse(obj, definition)));
        Write(type, json.Span);
    }

    private void Write(ReadOnlySpan<byte> type, ReadOnlySpan<byte> json)
    {
        output.Write("{\"type\":\""u8);
        output.Write(type);
        output.Write("\",\"object\":"u8);
        output.Write(json);
        output.Write("}\n"u8);
    }

    private void WriteBookmark(Change position, bool isInitialEnd)
    {
        // Whatever was written to the store meanwhile, everything up to the last change of this table has been sent.
        var state = store.Read(_table);
        WriteBookmark(ReferenceEquals(state.Tail, position) ? state.Revision : position.Revision, isInitialEnd);
    }

    private void WriteBookmark(long revision, bool isInitialEnd)
    {
        var metadata = new JsonObject { ["resourceVersion"] = revision.ToString(System.Globalization.CultureInfo.InvariantCulture) };
        if (isInitialEnd)
        {
            metadata["annotations"] = new JsonObject { [InitialEventsEnd] = "true" };
        }

        var bookmark = new JsonObject { ["apiVersion"] = definition.ApiVersion, ["kind"] = definition.Kind, ["metadata"] = metadata };
        Write("BOOKMARK"u8, ObjectEncoder.ToUtf8(present is null ? bookmark : present(bookmark)));
    }

    private async Task WriteErrorAsync(ApiException error, CancellationToken cancellationToken)
    {
        Write("ERROR"u8, ObjectEncoder.ToUtf8(ApiErrors.ToStatus(error)));
        await output.FlushAsync(cancellationToken);
    }

    private DateTimeOffset NextBookmark(DateTimeOffset end)
    {
        var now = store.Time.GetUtcNow();
        var last = end - BookmarkBeforeEnd;
        var next = now + bookmarkInterval;
        return now < last && last < next ? last : next;
    }
}
