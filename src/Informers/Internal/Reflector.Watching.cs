using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;

namespace CrMonitor.Informers;

/// <content>Streams: what they bring, and what follows their end.</content>
internal sealed partial class Reflector<T>
{
    private Task<Phase> WatchAsync(Phase.Watching watching, CancellationToken cancellationToken) =>
        FollowAsync(new WatchState(watching.ResourceVersion), cancellationToken);

    /// <summary>Opens a stream and takes its events until it ends: a watch, or a streaming list that goes on as a watch.</summary>
    private async Task<Phase> FollowAsync(WatchState stream, CancellationToken cancellationToken)
    {
        var timeout = TimeSpan.FromSeconds(Math.Floor(_options.MinWatchTimeout.TotalSeconds * (1 + _options.Random.NextDouble())));
        using var deadline = new CancellationTokenSource(ReflectorTimes.Answer, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        long? opened = null;
        try
        {
            using var request = Get(
                _form.WatchMediaType,
                ("watch", "true"),
                ("allowWatchBookmarks", "true"),
                ("sendInitialEvents", stream.Initial is null ? "" : "true"),
                ("resourceVersionMatch", stream.Initial is null ? "" : "NotOlderThan"),
                ("timeoutSeconds", timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)),
                ("resourceVersion", stream.Version));
            using var response = await SendAsync(request, either.Token);
            opened = _time.GetTimestamp();
            stream.Patience = () => deadline.CancelAfter(PatienceWith(stream, opened.Value, timeout));
            stream.Patience();
            Health.WatchOpened(opened.Value);
            LogWatching(_name, stream.Version, timeout);
            var parser = new WatchParser(
                (type, json) => TakeEvent(stream, type, json, isTooLarge: false),
                (type, beginning) => TakeEvent(stream, type, beginning, isTooLarge: true),
                _options.MaxObjectSize);
            await BodyReader.ReadAsync(
                response.Content,
                new ReadEndParser(parser, () => EndRead(stream)),
                stream.Initial is null ? WatchBufferSize : ListBufferSize,
                count =>
                {
                    CountBytes(count);
                    if (stream.Initial is not null)
                    {
                        stream.Patience();
                    }
                },
                either.Token);
            return stream switch
            {
                { Initial: not null } => AfterIncompleteList(stream, opened, false, stream.Error),
                { Error: { } error } => AfterErrorEvent(stream, error),
                _ => AfterClose(stream, opened.Value),
            };
        }
        catch (Exception e) when (stream.Initial is not null && !cancellationToken.IsCancellationRequested)
        {
            return AfterIncompleteList(stream, opened, deadline.IsCancellationRequested, e);
        }
        catch (Exception e) when (opened is not null && !cancellationToken.IsCancellationRequested)
        {
            return AfterBreak(stream, opened.Value, deadline.IsCancellationRequested, e);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return AfterRefusal(new Phase.Watching(stream.Version), deadline.IsCancellationRequested, e);
        }
        finally
        {
            if (opened is { } since)
            {
                Health.WatchClosed();
                InformerInstruments.WatchDuration.Record(_time.GetElapsedTime(since).TotalSeconds, _tags);
            }
        }
    }

    // How long from now on nothing need come. A list is not to pause for long, nor to take for ever; a watch may be silent until the server's own
    // deadline.
    private TimeSpan PatienceWith(WatchState stream, long opened, TimeSpan timeout)
    {
        var elapsed = _time.GetElapsedTime(opened);
        if (stream.Initial is null)
        {
            return NotNegative(timeout + ReflectorTimes.WatchSlack - elapsed);
        }

        var left = ReflectorTimes.StreamingList - elapsed;
        return NotNegative(left < ReflectorTimes.ListSilence ? left : ReflectorTimes.ListSilence);

        static TimeSpan NotNegative(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.Zero;
    }

    private Phase.BackingOff AfterRefusal(Phase.Watching watching, bool timedOut, Exception e) => e switch
    {
        // Nothing is wrong with the version: the same watch is tried again, and no list is asked of a server in trouble.
        KubeApiException { StatusCode: HttpStatusCode.TooManyRequests } => BackOff(watching, ReflectorFailureReason.TooManyRequests, e),
        HttpRequestException => BackOff(watching, ReflectorFailureReason.ConnectionFailed, e),
        OperationCanceledException when timedOut => BackOff(
            watching, ReflectorFailureReason.ConnectionFailed, new TimeoutException($"No answer within {ReflectorTimes.Answer.TotalSeconds} s.", e)),
        KubeApiException { IsExpired: true } or KubeApiException { IsTooLargeResourceVersion: true } =>
            BackOff(Relist(), ReflectorFailureReason.Expired, e),
        _ => BackOff(Relist(), ReflectorFailureReason.WatchFailed, e),
    };

    private Phase AfterClose(WatchState stream, long opened)
    {
        if (!Lived(stream, opened))
        {
            return BackOff(
                Relist(),
                ReflectorFailureReason.VeryShortWatch,
                new IOException("The server closed the watch at once, without an event."));
        }

        var elapsed = _time.GetElapsedTime(opened);
        LogWatchEnded(_name, elapsed, stream.Events);
        var next = new Phase.Watching(stream.Version);
        CountRestart(next, "Closed");
        return next;
    }

    private Phase AfterBreak(WatchState stream, long opened, bool timedOut, Exception e)
    {
        switch (e)
        {
            case OperationCanceledException when timedOut:
                // The server should have closed the watch before: nobody is there any more. What was missed comes with the next watch.
                return Retry(
                    new Phase.Watching(stream.Version),
                    ReflectorFailureReason.Idle,
                    new TimeoutException($"The server did not close the watch within {ReflectorTimes.WatchSlack.TotalSeconds} s of its own deadline.", e),
                    "watching again now");

            case IOException or HttpRequestException when Lived(stream, opened):
                return Retry(new Phase.Watching(stream.Version), ReflectorFailureReason.StreamBroken, e, "watching again now");

            case IOException or HttpRequestException:
                return BackOff(new Phase.Watching(stream.Version), ReflectorFailureReason.StreamBroken, e);

            default:
                // Bytes that are no events: nobody knows what was in them.
                return BackOff(Relist(), ReflectorFailureReason.StreamBroken, e);
        }
    }

    private Phase.BackingOff AfterErrorEvent(WatchState stream, KubeApiException error)
    {
        if (error.StatusCode == HttpStatusCode.TooManyRequests)
        {
            return BackOff(new Phase.Watching(stream.Version), ReflectorFailureReason.TooManyRequests, error);
        }

        if (error.Reason == "InternalError" && _internalErrors.MayRetry())
        {
            // client-go watches again without a pause; a server that fails at once would then be asked in a hot loop.
            return BackOff(new Phase.Watching(stream.Version), ReflectorFailureReason.ErrorEvent, error);
        }

        // The gap since the last version cannot be replayed (410), or the server knows of something that no event tells:
        // only a fresh list can show what was deleted in it.
        var isVersion = error.IsExpired || error.IsTooLargeResourceVersion;
        return BackOff(Relist(), isVersion ? ReflectorFailureReason.Expired : ReflectorFailureReason.ErrorEvent, error);
    }

    private bool Lived(WatchState stream, long opened)
    {
        if (stream.Events == 0 && _time.GetElapsedTime(opened) < ReflectorTimes.VeryShortWatch)
        {
            return false;
        }

        _backoff.Well(opened);
        return true;
    }

    private void EndRead(WatchState stream)
    {
        ApplyWatched(stream);
        if (stream.Events > stream.EventsSeen)
        {
            stream.EventsSeen = stream.Events;
            Health.Alive();
        }
    }

    private bool TakeEvent(WatchState stream, WatchEventType type, ReadOnlySpan<byte> json, bool isTooLarge)
    {
        CountEvent(type);
        if (type == WatchEventType.Error)
        {
            stream.Error = StatusBody.ToException($"watch of {_name}", null, json, null);
            return false;
        }

        stream.Events++;
        if (stream.Events == 1)
        {
            _backoff.Well(_time.GetTimestamp());
        }

        if (stream.Initial is { } initial)
        {
            TakeInitial(stream, initial, type, json, isTooLarge);
            return true;
        }

        // A watch without a version starts with all objects, in no order of versions: none of them is a point to resume from.
        stream.IsReplaying &= type == WatchEventType.Added;
        if (type == WatchEventType.Bookmark)
        {
            ApplyWatched(stream);
            if (Bookmark.Read(json).ResourceVersion is { Length: > 0 } version)
            {
                Advance(stream, version);
                _sink.Bookmark(version);
            }

            return true;
        }

        if (type == WatchEventType.Unknown)
        {
            ReportUnknownEvent();
            return true;
        }

        var started = InformerInstruments.ProcessingLatency.Enabled ? _time.GetTimestamp() : 0;
        TakeObject(stream, type, isTooLarge ? _decoder.RefuseTooLarge(json, _options.MaxObjectSize) : Read(type, json), started);
        return true;
    }

    private DecodedObject<T> Read(WatchEventType type, ReadOnlySpan<byte> json)
    {
        var header = ObjectHeader.Read(json);
        return type != WatchEventType.Deleted && _sink.HeldAnswer(header) is { } held
            ? new DecodedObject<T>(held, header.Key, header.ResourceVersion, null)
            : _sink.Prepare(_decoder.Decode(json, header));
    }

    private void TakeObject(WatchState stream, WatchEventType type, DecodedObject<T> decoded, long started)
    {
        var version = stream.IsReplaying ? null : decoded.ResourceVersion;
        if (decoded.Object is null)
        {
            ReportInvalid(decoded);
        }

        switch (decoded)
        {
            case { Key: { } key } when type == WatchEventType.Deleted:
                _watched.Add(new WatchedChange<T>(key, null, decoded.Object, version, started));
                break;
            case { Key: { } key, Object: { } current }:
                _watched.Add(new WatchedChange<T>(key, current, null, version, started, decoded.Bytes));
                break;
            default:
                ApplyWatched(stream);
                _sink.Invalid(decoded.Invalid, version);
                Advance(stream, version);
                RecordLatency(started);
                break;
        }
    }

    // Hands over the changes that one read has brought. Readers see them all at once, and handlers are woken once.
    private void ApplyWatched(WatchState stream)
    {
        if (_watched.Count == 0)
        {
            return;
        }

        var watched = CollectionsMarshal.AsSpan(_watched);
        try
        {
            _sink.Apply(watched);
            foreach (ref readonly var change in watched)
            {
                Advance(stream, change.Version);
                RecordLatency(change.Started);
            }
        }
        finally
        {
            _watched.Clear();
        }
    }

    private void RecordLatency(long started)
    {
        if (started != 0)
        {
            InformerInstruments.ProcessingLatency.Record(_time.GetElapsedTime(started).TotalSeconds, _tags);
        }
    }

    private void Advance(WatchState stream, string? version)
    {
        if (!string.IsNullOrEmpty(version))
        {
            stream.Version = version;
            _version = version;
        }
    }

    /// <summary>What one stream has brought so far.</summary>
    private sealed class WatchState(string version)
    {
        /// <summary>The list that the stream begins with, as far as it has come; <see langword="null"/> when it is complete, or in a watch from
        /// the start.</summary>
        public InitialEvents? Initial { get; set; }

        /// <summary>Puts the client's own deadline off, as the state of the stream allows.</summary>
        public Action Patience { get; set; } = static () => { };

        public string Version { get; set; } = version;

        public int Events { get; set; }

        /// <summary>How many events there were at the end of the last read.</summary>
        public int EventsSeen { get; set; }

        public bool IsReplaying { get; set; } = version is "" or "0";

        public KubeApiException? Error { get; set; }
    }
}
