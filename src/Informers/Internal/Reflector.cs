using System.Globalization;
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
    private readonly FailureListener _listener;
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
        _listener = new FailureListener(resource, options, logger);
        _streams = options.UseStreamingList;
        _tags = InformerInstruments.TagsOf(resource);
        Health = new ConnectionHealth(_time, LongestSilence(options));
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

    // A watch without an event is the longest: it lasts up to twice its least time, ends late, and may wait for the answer to the next one.
    private static TimeSpan LongestSilence(SharedInformerFactoryOptions options) =>
        (options.MinWatchTimeout * 2) + ReflectorTimes.WatchSlack + ReflectorTimes.Answer;

    // The first list in pages takes what the server has at hand ("0"), the first stream the newest state (""), which its server has in memory.
    // Afterwards nothing older than what is known will do.
    private Phase Relist() => _streams ? new Phase.Streaming(_version ?? "") : new Phase.Listing(_version ?? "0");

    private async Task<Phase> BackOffAsync(Phase.BackingOff pause, CancellationToken cancellationToken)
    {
        await Task.Delay(pause.Delay, _time, cancellationToken);
        return pause.Next;
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
        Report(reason, e, string.Create(CultureInfo.InvariantCulture, $"{then} in {delay.TotalSeconds:0.0} s"), delay);
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
}
