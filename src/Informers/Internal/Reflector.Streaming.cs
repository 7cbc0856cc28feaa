using System.Net;

namespace CrMonitor.Informers;

/// <content>The list as a stream: every object as an ADDED event, then a bookmark that marks the end, then changes.</content>
internal sealed partial class Reflector<T>
{
    private Task<Phase> StreamAsync(Phase.Streaming streaming, CancellationToken cancellationToken) => FollowAsync(
        new WatchState(streaming.ResourceVersion) { Initial = new InitialEvents(_sink.BeginReplace(), _time.GetTimestamp(), _time.GetUtcNow()) },
        cancellationToken);

    private void TakeInitial(WatchState stream, InitialEvents initial, WatchEventType type, ReadOnlySpan<byte> json, bool isTooLarge)
    {
        switch (type)
        {
            case WatchEventType.Added or WatchEventType.Modified when isTooLarge:
                TakeDecoded(_decoder.RefuseTooLarge(json, _options.MaxObjectSize), initial.Replacement, initial.Invalid);
                break;

            case WatchEventType.Added or WatchEventType.Modified:
                TakeItem(json, initial.Replacement, initial.Invalid);
                break;

            case WatchEventType.Deleted when ObjectHeader.Read(json).Key is { } key:
                initial.Replacement.Override(key, null);
                initial.Invalid.Remove(key);
                break;

            case WatchEventType.Deleted:
                ReportInvalid(_decoder.Decode(json));
                break;

            case WatchEventType.Bookmark:
                if (Bookmark.Read(json) is { EndsInitialEvents: true } end)
                {
                    EndInitialEvents(stream, initial, end);
                }

                break;

            default:
                ReportUnknownEvent();
                break;
        }
    }

    private void EndInitialEvents(WatchState stream, InitialEvents initial, Bookmark end)
    {
        if (string.IsNullOrEmpty(end.ResourceVersion))
        {
            throw new InvalidDataException("The bookmark at the end of the streaming list has no resourceVersion.");
        }

        stream.Initial = null;
        stream.IsReplaying = false;
        stream.Patience();
        Advance(stream, end.ResourceVersion);
        _cutStreams = 0;
        _isKindMissing = false;
        _sink.Replace(initial.Replacement, end.ResourceVersion, initial.Invalid.Values);
        Listed(initial.Replacement.Count, _time.GetElapsedTime(initial.Started), "stream");

        // Made when all is over: an activity that is current while the stream is read would be the parent of what happens long after.
        using var activity = InformerInstruments.Activities.StartActivity(
            System.Diagnostics.ActivityKind.Client, startTime: initial.StartedAt, name: "informer list");
        activity?.SetTag("k8s.resource", _resource.ToString());
    }

    // What has come so far is forgotten: an object that goes before the next attempt is not deleted by any event.
    private Phase AfterIncompleteList(WatchState stream, long? opened, bool timedOut, Exception? e)
    {
        var same = new Phase.Streaming(stream.Version);
        switch (e)
        {
            case KubeApiException { IsExpired: true } or KubeApiException { IsTooLargeResourceVersion: true }:
                return stream.Version.Length == 0
                    ? BackOff(same, ReflectorFailureReason.Expired, e)
                    : Retry(new Phase.Streaming(""), ReflectorFailureReason.Expired, e, "listing the latest state now");

            case KubeApiException { StatusCode: HttpStatusCode.TooManyRequests }:
                return BackOff(same, ReflectorFailureReason.TooManyRequests, e);

            case KubeApiException { IsNotFound: true } missing:
                return AfterKindMissing(missing);

            case KubeApiException { StatusCode: HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity or HttpStatusCode.MethodNotAllowed }:
                return ListInPages(e, forGood: true);

            case KubeApiException:
                return ListInPages(e, forGood: false);

            case HttpRequestException when opened is null:
                return BackOff(same, ReflectorFailureReason.ConnectionFailed, e);

            case OperationCanceledException when timedOut && opened is not null:
                return ListInPages(
                    new TimeoutException($"The server has not marked the end of the streaming list, and has sent {stream.Events} objects.", e),
                    forGood: true);
        }

        if (++_cutStreams >= ReflectorTimes.MaxCutStreams)
        {
            return ListInPages(new IOException($"{_cutStreams} streaming lists in a row ended before their end.", e), forGood: true);
        }

        return e switch
        {
            OperationCanceledException when timedOut => BackOff(
                same, ReflectorFailureReason.ConnectionFailed, new TimeoutException($"No answer within {ReflectorTimes.Answer.TotalSeconds} s.", e)),
            null or IOException or HttpRequestException when opened is { } since && Lived(stream, since) => BackOff(
                same, ReflectorFailureReason.StreamBroken, e ?? new IOException("The server closed the stream before the end of the list.")),
            _ => ListInPages(e ?? new IOException("The server closed the stream at once, without an event."), forGood: false),
        };
    }

    private Phase ListInPages(Exception e, bool forGood)
    {
        _streams &= !forGood;
        return Retry(
            new Phase.Listing(_version ?? "0"),
            ReflectorFailureReason.StreamingListFailed,
            e,
            forGood ? "listing in pages from now on" : "listing in pages now");
    }

    /// <summary>The beginning of a stream: what it has brought of the list.</summary>
    private sealed record InitialEvents(IndexedStore<T>.Replacement Replacement, long Started, DateTimeOffset StartedAt)
    {
        public Dictionary<ObjectKey, InvalidObject> Invalid { get; } = [];
    }
}
