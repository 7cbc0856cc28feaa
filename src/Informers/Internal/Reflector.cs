using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Informers;

/// <summary>Lists and watches one resource (in one namespace or in all), for ever, and hands what it learns to a sink.</summary>
/// <remarks>
/// A closed state machine: each <see cref="Phase"/> does its work and returns the next. Nothing but cancellation ends it. Every failure goes to
/// <see cref="Health"/>, the log, the metrics and <see cref="SharedInformerFactoryOptions.OnFailure"/> with its reason.
/// </remarks>
internal sealed partial class Reflector<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private const int ListBufferSize = 64 * 1024;
    private const int WatchBufferSize = 16 * 1024;
    private const int MaxErrorBody = 64 * 1024;

    private readonly KubeResource<T> _resource;
    private readonly string? _namespace;
    private readonly InformerScope _scope;
    private readonly IKubeTransport _transport;
    private readonly IReflectorSink<T> _sink;
    private readonly SharedInformerFactoryOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _name;
    private readonly ObjectForm<T> _form;
    private readonly ObjectDecoder<T> _decoder;
    private readonly Backoff _backoff;
    private readonly InternalErrorWindow _internalErrors;
    private readonly System.Diagnostics.TagList _tags;

    // The run loop's own. The version that the store has reached: null before the first list.
    private string? _version;
    private bool _isKindMissing;  // the last list was answered with 404
    private bool _serverPages;   // the list from version "0" came in pages: there is no watch cache that would answer it whole
    private bool _streams;       // lists are asked for as streams; once the server has shown that it cannot, never again
    private readonly List<WatchedChange<T>> _watched = [];   // what the current read has brought
    private int _cutStreams;     // streaming lists in a row that ended before their end

    public Reflector(
        KubeResource<T> resource,
        string? ns,
        InformerScope scope,
        IKubeTransport transport,
        IReflectorSink<T> sink,
        SharedInformerFactoryOptions options,
        ILogger logger)
    {
        _resource = resource;
        _namespace = ns;
        _scope = scope;
        _transport = transport;
        _sink = sink;
        _options = options;
        _time = options.TimeProvider;
        _logger = logger;
        _name = ns is null ? resource.ToString() : $"{resource} in {ns}";
        _form = ObjectForm<T>.Of(resource, options.KeepManagedFields);
        _decoder = new ObjectDecoder<T>(resource, options.KeepManagedFields, options.KeepInvalidBytes);
        _backoff = new Backoff(_time, options.Random);
        _internalErrors = new InternalErrorWindow(_time, options.InternalErrorRetryWindow);
        _streams = options.UseStreamingList;
        _tags = InformerInstruments.TagsOf(resource);
        Health = new ConnectionHealth(_time);
    }

    /// <summary>How the connection is. May be read from any thread.</summary>
    public ConnectionHealth Health { get; }

    /// <summary>Runs until <paramref name="cancellationToken"/> is cancelled, and then returns promptly and without an exception.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var phase = Relist();
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                phase = phase switch
                {
                    Phase.Streaming streaming => await StreamAsync(streaming, cancellationToken),
                    Phase.Listing listing => await ListAsync(listing, cancellationToken),
                    Phase.Watching watching => await WatchAsync(watching, cancellationToken),
                    Phase.BackingOff pause => await BackOffAsync(pause, cancellationToken),
                    _ => throw new InvalidOperationException($"There is no phase {phase.GetType().Name}."),
                };
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Nothing known throws here; whatever does (a transport's credentials, the sink) must not end the loop.
                phase = BackOff(Relist(), phase is Phase.Watching ? ReflectorFailureReason.WatchFailed : ReflectorFailureReason.ListFailed, e);
            }
        }
    }

    // The first list in pages takes what the server has at hand ("0"), the first stream the newest state (""), which its server has in memory.
    // Afterwards nothing older than what is known will do.
    private Phase Relist() => _streams ? new Phase.Streaming(_version ?? "") : new Phase.Listing(_version ?? "0");

    private async Task<Phase> BackOffAsync(Phase.BackingOff pause, CancellationToken cancellationToken)
    {
        await Task.Delay(pause.Delay, _time, cancellationToken);
        return pause.Next;
    }

    private async Task<Phase> ListAsync(Phase.Listing listing, CancellationToken cancellationToken)
    {
        using var activity = InformerInstruments.Activities.StartActivity("informer list");
        activity?.SetTag("k8s.resource", _resource.ToString());
        var started = _time.GetTimestamp();
        try
        {
            // From the watch cache a list comes whole, whatever the limit says. At an exact version a limit would send the server past it, to its database.
            var limit = listing.ResourceVersion is "0" or "" || _serverPages ? _options.PageSize : 0;
            var count = await ListAllAsync(listing.ResourceVersion, limit, cancellationToken);
            var elapsed = _time.GetElapsedTime(started);
            Listed(count, elapsed, "pages");
            return new Phase.Watching(_version ?? "");
        }
        catch (KubeApiException e) when (e.IsExpired || e.IsTooLargeResourceVersion)
        {
            // The version is gone, or is not there yet (the server was restored from a backup): whatever is newest will do.
            if (listing.ResourceVersion.Length == 0)
            {
                return BackOff(listing, ReflectorFailureReason.Expired, e);
            }

            return Retry(new Phase.Listing(""), ReflectorFailureReason.Expired, e, "listing the latest state now");
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return AfterKindMissing(e);
        }
        catch (KubeApiException e) when (e.StatusCode == HttpStatusCode.TooManyRequests)
        {
            return BackOff(listing, ReflectorFailureReason.TooManyRequests, e);
        }
        catch (HttpRequestException e)
        {
            return BackOff(listing, ReflectorFailureReason.ConnectionFailed, e);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return BackOff(Relist(), ReflectorFailureReason.ListFailed, e);
        }
    }

    private Phase.BackingOff AfterKindMissing(KubeApiException e)
    {
        // A server that is just starting may not know its kinds yet, and to forget all objects is a big step: it takes two such answers in a row.
        if (_isKindMissing)
        {
            _sink.KindGone();
            _version = null;
        }

        _isKindMissing = true;
        return BackOff(Relist(), ReflectorFailureReason.KindMissing, e);
    }

    private void Listed(int count, TimeSpan elapsed, string mode)
    {
        var tags = _tags;
        tags.Add("mode", mode);
        InformerInstruments.ListDuration.Record(elapsed.TotalSeconds, tags);
        LogListed(_name, count, _version, mode, elapsed);
    }

    private async Task<int> ListAllAsync(string version, int limit, CancellationToken cancellationToken)
    {
        var replacement = _sink.BeginReplace();
        Dictionary<ObjectKey, InvalidObject> invalid = [];
        ListParser? first = null;
        var next = "";
        do
        {
            var page = new ListParser(
                json => TakeItem(json, replacement, invalid),
                beginning => TakeDecoded(_decoder.RefuseTooLarge(beginning, _options.MaxObjectSize), replacement, invalid),
                _options.MaxObjectSize);
            try
            {
                await ReadPageAsync(page, version, limit, next, cancellationToken);
            }
            catch (KubeApiException e) when (e.IsExpired && next.Length > 0)
            {
                // The token is older than what the server keeps. One list without pages cannot run into that.
                Report(ReflectorFailureReason.Expired, e, "listing again without pages");
                return await ListAllAsync(version, 0, cancellationToken);
            }

            Health.Alive();
            _isKindMissing = false;
            _backoff.Well(_time.GetTimestamp());
            first ??= page;
            next = page.Continue;
            _serverPages |= version == "0" && next.Length > 0;
        }
        while (next.Length > 0);

        // All pages show the state of the first one.
        _version = first.ResourceVersion;
        _sink.Replace(replacement, first.ResourceVersion, invalid.Values);
        return replacement.Count;
    }

    private async Task ReadPageAsync(ListParser page, string version, int limit, string continueToken, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(ReflectorTimes.Answer, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        try
        {
            using var request = Get(
                _form.ListMediaType,
                ("limit", limit > 0 ? limit.ToString(CultureInfo.InvariantCulture) : ""),
                ("continue", continueToken),
                // A token carries its version; the server refuses both together.
                ("resourceVersion", continueToken.Length == 0 ? version : ""));
            using var response = await SendAsync(request, either.Token);
            silence.CancelAfter(ReflectorTimes.ListSilence);
            await BodyReader.ReadAsync(
                response.Content,
                page,
                ListBufferSize,
                count =>
                {
                    CountBytes(count);
                    silence.CancelAfter(ReflectorTimes.ListSilence);
                },
                either.Token);
        }
        catch (OperationCanceledException e) when (silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("The server has gone silent in the middle of the list.", e);
        }
    }

    private void TakeItem(ReadOnlySpan<byte> json, IndexedStore<T>.Replacement replacement, Dictionary<ObjectKey, InvalidObject> invalid)
    {
        var header = ObjectHeader.Read(json);
        if (!replacement.TryKeep(header))
        {
            TakeDecoded(_sink.Prepare(_decoder.Decode(json, header)), replacement, invalid);
        }
    }

    private void TakeDecoded(DecodedObject<T> decoded, IndexedStore<T>.Replacement replacement, Dictionary<ObjectKey, InvalidObject> invalid)
    {
        if (decoded.Object is not null)
        {
            replacement.Add(decoded.Key!.Value, decoded.Object, decoded.Bytes);
            invalid.Remove(decoded.Key.Value);
            return;
        }

        ReportInvalid(decoded);
        if (decoded.Invalid is { } known)
        {
            replacement.AddUnreadable(known.Key);
            invalid[known.Key] = known;
        }
    }

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
        var decoded = isTooLarge ? _decoder.RefuseTooLarge(json, _options.MaxObjectSize) : _sink.Prepare(_decoder.Decode(json));
        TakeObject(stream, type, decoded, started);
        return true;
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

    private HttpRequestMessage Get(string mediaType, params ReadOnlySpan<(string Name, string Value)> parameters)
    {
        var path = _resource.CollectionPath(_namespace);
        var separator = '?';
        foreach (var (name, value) in (ReadOnlySpan<(string Name, string Value)>)
            [.. parameters, ("labelSelector", _scope.LabelSelector.ToString()), ("fieldSelector", _scope.FieldSelector)])
        {
            if (value.Length > 0)
            {
                path += $"{separator}{name}={Uri.EscapeDataString(value)}";
                separator = '&';
            }
        }

        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Accept.ParseAdd(mediaType);
        return request;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var what = $"{request.Method} {request.RequestUri}";
        var response = await _transport.SendAsync(request, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            var body = new ErrorBody(MaxErrorBody);
            await BodyReader.ReadAsync(response.Content, body, MaxErrorBody, null, cancellationToken);
            throw StatusBody.ToException(what, response.StatusCode, body.Bytes, RetryAfterHeader.Read(response, _time));
        }
    }

    private Phase.BackingOff BackOff(Phase next, ReflectorFailureReason reason, Exception e)
    {
        var delay = _backoff.NextDelay();
        if (e is KubeApiException { RetryAfter: { } asked } && asked > delay)
        {
            delay = asked;
        }

        var then = next is Phase.Watching ? "watching again" : "listing again";
        Report(reason, e, string.Create(CultureInfo.InvariantCulture, $"{then} in {delay.TotalSeconds:0.0} s"));
        CountRestart(next, reason.ToString());
        return new Phase.BackingOff(delay, next);
    }

    /// <summary>Goes on without a pause.</summary>
    private Phase Retry(Phase next, ReflectorFailureReason reason, Exception e, string description)
    {
        Report(reason, e, description);
        CountRestart(next, reason.ToString());
        return next;
    }

    private void Report(ReflectorFailureReason reason, Exception e, string next)
    {
        var failure = new ReflectorFailure(reason, e.Message, e);
        Health.Failed(failure);
        CountFailure(reason);
        var isRoutine = reason is ReflectorFailureReason.Expired or ReflectorFailureReason.VeryShortWatch or ReflectorFailureReason.StreamBroken;
        LogFailure(isRoutine ? LogLevel.Information : LogLevel.Warning, _name, reason, e.Message, next);
        Tell(failure);
    }

    private void ReportUnknownEvent() =>
        Report(ReflectorFailureReason.StreamBroken, new InvalidDataException("The stream carried an event of an unknown type."), "skipping it");

    private void ReportInvalid(DecodedObject<T> decoded)
    {
        var key = decoded.Key?.ToString() ?? "(no readable name)";
        CountFailure(ReflectorFailureReason.InvalidObject);
        LogInvalid(_name, key, decoded.ResourceVersion, decoded.Error!.Message);
        Tell(new ReflectorFailure(ReflectorFailureReason.InvalidObject, $"{key}: {decoded.Error.Message}", decoded.Error));
    }

    private void Tell(ReflectorFailure failure)
    {
        try
        {
            _options.OnFailure?.Invoke(_resource, failure);
        }
        catch (Exception e)
        {
            LogListenerFailed(e, _name, failure.Reason);
        }
    }

    private void CountRestart(Phase next, string reason)
    {
        var tags = _tags;
        tags.Add("verb", next is Phase.Watching ? "watch" : "list");
        tags.Add("reason", reason);
        InformerInstruments.Restarts.Add(1, tags);
    }

    private void CountBytes(int count) => InformerInstruments.ReceivedBytes.Add(count, _tags);

    private void CountFailure(ReflectorFailureReason reason)
    {
        var tags = _tags;
        tags.Add("reason", reason.ToString());
        InformerInstruments.Failures.Add(1, tags);
    }

    private void CountEvent(WatchEventType type)
    {
        if (InformerInstruments.Events.Enabled)
        {
            var tags = _tags;
            tags.Add("type", type switch
            {
                WatchEventType.Added => "added",
                WatchEventType.Modified => "modified",
                WatchEventType.Deleted => "deleted",
                WatchEventType.Bookmark => "bookmark",
                WatchEventType.Error => "error",
                _ => "unknown",
            });
            InformerInstruments.Events.Add(1, tags);
        }
    }

    private abstract record Phase
    {
        /// <summary>
        /// Reading the full list as a stream, of a version or (empty) the newest. At its end the same stream goes on with changes, as in
        /// <see cref="Watching"/>;
        /// a server that cannot do it leads to <see cref="Listing"/>.
        /// </summary>
        public sealed record Streaming(string ResourceVersion) : Phase;

        /// <summary>Reading the full list in pages: "0" any state at hand, a version nothing older than it, "" the newest. Leads to
        /// <see cref="Watching"/>.</summary>
        public sealed record Listing(string ResourceVersion) : Phase;

        /// <summary>Following changes. A closed stream keeps the version; an expired one leads to a new list.</summary>
        public sealed record Watching(string ResourceVersion) : Phase;

        /// <summary>Waiting after a failure, and then on with <paramref name="Next"/>.</summary>
        public sealed record BackingOff(TimeSpan Delay, Phase Next) : Phase;
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
