using System.Globalization;
using System.Threading.Channels;
using CrMonitor.Informers;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Controllers;

/// <summary>
/// Writes events in the background: the first of its kind at once, repetitions as a count that is brought up to date every ten seconds at most.
/// </summary>
internal sealed partial class EventRecorder : IEventRecorder, IDisposable
{
    // What may wait to be written: about a megabyte.
    private const int Capacity = 1000;

    // How many different events are remembered to count repetitions of.
    private const int MaxSeries = 4096;

    private const int LongestWord = 128;
    private const int LongestNote = 1024;
    private const int LongestName = 253;
    private const int Attempts = 4;

    // How many different events of one object are written at once, and how often one more; as client-go's filter of spam.
    private const int ObjectBurst = 25;
    private static readonly TimeSpan ObjectRefill = TimeSpan.FromMinutes(5);

    // As long as client-go's recorder waits for a repetition; a later one is an event of its own.
    private static readonly TimeSpan SeriesEndsAfter = TimeSpan.FromMinutes(6);

    private static readonly TimeSpan SeriesWriteInterval = TimeSpan.FromSeconds(10);

    private static readonly KubeResource Events = new("events.k8s.io", "v1", "events", "Event");

    private readonly RestClient _rest;
    private readonly CrMonitorOptions _options;
    private readonly ControllerInstruments _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _cancelled = new();
    private readonly CancellationToken _stopToken;
    private readonly Channel<EventOccurrence> _occurrences = Channel.CreateBounded<EventOccurrence>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, AllowSynchronousContinuations = false });

    // The loop's.
    private readonly Dictionary<EventIdentity, EventSeries> _series = [];
    private readonly Dictionary<(string ApiVersion, string Kind, string? Namespace, string Name, string? Uid), EventAllowance> _allowances = [];
    private long _names;

    private Task _loop = Task.CompletedTask;
    private volatile bool _isFull;

    public EventRecorder(
        RestClient rest, CrMonitorOptions options, ControllerInstruments instruments, TimeProvider time, ILogger<EventRecorder> logger)
    {
        _rest = rest;
        _options = options;
        _instruments = instruments;
        _time = time;
        _logger = logger;
        _stopToken = _cancelled.Token;
        _names = time.GetUtcNow().Ticks;
    }

    public void Record<T>(T regarding, EventType type, string reason, string action, string note)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        ArgumentNullException.ThrowIfNull(regarding);
        ArgumentNullException.ThrowIfNull(note);
        CheckWord(reason, nameof(reason));
        CheckWord(action, nameof(action));
        var key = ObjectKey.Of(regarding);
        ArgumentException.ThrowIfNullOrEmpty(key.Name, nameof(regarding));
        var (apiVersion, kind) = KindOf(regarding);
        var identity = new EventIdentity(
            apiVersion, kind, key.Namespace, key.Name, regarding.Metadata.Uid, type, reason, action, Cut(note, LongestNote));
        _instruments.EventRecorded(type);
        if (_occurrences.Writer.TryWrite(new EventOccurrence(identity, _time.GetUtcNow())))
        {
            _isFull = false;
            return;
        }

        _instruments.EventsLost(_loop.IsCompleted ? "stopped" : "full", 1);
        if (!_isFull)
        {
            _isFull = true;
            LogFull(Capacity);
        }
    }

    /// <summary>Begins to write, on the current scheduler.</summary>
    public void Start() => _loop = RunAsync();

    /// <summary>Takes no more events, writes those that wait, and gives up after <paramref name="limit"/>.</summary>
    public async Task StopAsync(TimeSpan limit)
    {
        _occurrences.Writer.TryComplete();
        try
        {
            await _loop.WaitAsync(limit, _time);
        }
        catch (TimeoutException)
        {
            _cancelled.Cancel();
            await _loop;
        }
    }

    public void Dispose()
    {
        _occurrences.Writer.TryComplete();
        _cancelled.Dispose();
    }

    // Of a type that stands for any resource, the object says which it is.
    private (string ApiVersion, string Kind) KindOf<T>(T regarding)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (OpenType.Is<T>() && regarding is { ApiVersion.Length: > 0, Kind.Length: > 0 })
        {
            return (regarding.ApiVersion, regarding.Kind);
        }

        var resource = _options.Resource<T>();
        return (resource.ApiVersion, resource.Kind);
    }

    private static void CheckWord(string word, string parameter)
    {
        ArgumentException.ThrowIfNullOrEmpty(word, parameter);
        if (word.Length > LongestWord)
        {
            throw new ArgumentException($"'{word}' is longer than the {LongestWord} characters that Kubernetes allows.", parameter);
        }
    }

    // Never between the two halves of a character that takes two, which would not be valid in JSON.
    private static string Cut(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];

    private async Task RunAsync()
    {
        await Task.Yield();
        try
        {
            await WriteUntilStoppedAsync();
        }
        catch (OperationCanceledException) when (_cancelled.IsCancellationRequested)
        {
        }
        catch (Exception e) when (_cancelled.IsCancellationRequested)
        {
            LogCutOff(e);
        }
        catch (Exception e)
        {
            LogBroken(e);
        }

        _occurrences.Writer.TryComplete();
        var left = _series.Values.Count(series => series.IsDirty);
        while (_occurrences.Reader.TryRead(out _))
        {
            left++;
        }

        if (left > 0)
        {
            _instruments.EventsLost("stopped", left);
            LogLeft(left);
        }
    }

    private async Task WriteUntilStoppedAsync()
    {
        var reader = _occurrences.Reader;
        var readable = reader.WaitToReadAsync(_stopToken).AsTask();
        while (true)
        {
            await WaitAsync(readable);
            if (readable.IsCompleted)
            {
                if (!await readable)
                {
                    break;
                }

                // Taken when it is written: one that the stop cuts off is among those that are left.
                while (reader.TryPeek(out var occurrence))
                {
                    await WriteAsync(occurrence);
                    reader.TryRead(out _);
                }

                readable = reader.WaitToReadAsync(_stopToken).AsTask();
            }

            await WriteSeriesAsync(SeriesWriteInterval);
        }

        await WriteSeriesAsync(TimeSpan.Zero);
    }

    // Until there is something to read, or the count of a series is due.
    private async Task WaitAsync(Task readable)
    {
        var dirty = _series.Values.Where(series => series.IsDirty).ToList();
        if (dirty.Count == 0)
        {
            await readable;
            return;
        }

        var due = dirty.Min(series => SeriesWriteInterval - _time.GetElapsedTime(series.WrittenAt));
        if (due > TimeSpan.Zero)
        {
            using var over = new CancellationTokenSource();
            await Task.WhenAny(readable, Task.Delay(due, _time, over.Token));
            over.Cancel();
        }
    }

    private async Task WriteAsync(EventOccurrence occurrence)
    {
        if (_series.TryGetValue(occurrence.Identity, out var series) && occurrence.Time - series.LastTime < SeriesEndsAfter)
        {
            series.Repeat(occurrence.Time);
            return;
        }

        if (!MayWrite(occurrence.Identity))
        {
            _instruments.EventsLost("spam", 1);
            LogSpam(occurrence.Identity.Reason, occurrence.Identity.Kind, occurrence.Identity.Name, ObjectBurst, ObjectRefill);
            return;
        }

        MakeRoom(occurrence.Time);
        if (await CreateAsync(occurrence) is { } name)
        {
            _series[occurrence.Identity] = new EventSeries(name, occurrence.Time, _time.GetTimestamp());
        }
    }

    private bool MayWrite(EventIdentity identity)
    {
        var now = _time.GetTimestamp();
        var regarding = (identity.ApiVersion, identity.Kind, identity.Namespace, identity.Name, identity.Uid);
        if (!_allowances.TryGetValue(regarding, out var allowance))
        {
            if (_allowances.Count >= MaxSeries)
            {
                // Those that have their whole allowance again are as good as unknown.
                foreach (var (other, known) in _allowances)
                {
                    if (_time.GetElapsedTime(known.LastAt) >= ObjectRefill * ObjectBurst)
                    {
                        _allowances.Remove(other);
                    }
                }
            }

            if (_allowances.Count >= MaxSeries)
            {
                // So many objects at once: nobody of them is to be blamed.
                _allowances.Clear();
            }

            _allowances.Add(regarding, allowance = new EventAllowance(ObjectBurst, now));
        }

        return allowance.TryTake(_time, now, ObjectBurst, ObjectRefill);
    }

    private void MakeRoom(DateTimeOffset now)
    {
        if (_series.Count < MaxSeries)
        {
            return;
        }

        foreach (var (identity, series) in _series)
        {
            if (!series.IsDirty && now - series.LastTime >= SeriesEndsAfter)
            {
                _series.Remove(identity);
            }
        }

        if (_series.Count >= MaxSeries)
        {
            // So many different events at once are counted no more; each is written on its own.
            foreach (var (identity, series) in _series)
            {
                if (!series.IsDirty)
                {
                    _series.Remove(identity);
                }
            }
        }
    }

    private async Task<string?> CreateAsync(EventOccurrence occurrence)
    {
        var identity = occurrence.Identity;
        var mayBeOurs = false;
        string? name = null;
        return await TryAsync(identity, async () =>
        {
            name ??= NextName(identity);
            var request = new KubeRequest
            {
                Method = HttpMethod.Post,
                Path = Collection(identity),
                Body = EventJson.Event(name, identity, occurrence.Time, _options.ReportingController!, _options.ReportingInstance),
            };
            try
            {
                await _rest.SendAsync(request, _stopToken);
            }
            catch (KubeApiException e) when (e.IsAlreadyExists && mayBeOurs)
            {
                // The attempt whose answer was lost has arrived.
            }
            catch (KubeApiException e) when (e.IsAlreadyExists)
            {
                name = null;
                throw;
            }
            catch (Exception e) when (e is not KubeApiException)
            {
                mayBeOurs = true;
                throw;
            }
        }) ? name : null;
    }

    private async Task WriteSeriesAsync(TimeSpan interval)
    {
        var due = _series.Where(pair => pair.Value.IsDirty && _time.GetElapsedTime(pair.Value.WrittenAt) >= interval).ToList();
        foreach (var (identity, series) in due)
        {
            var request = new KubeRequest
            {
                Method = HttpMethod.Patch,
                Path = $"{Collection(identity)}/{Uri.EscapeDataString(series.Name)}",
                Body = EventJson.SeriesPatch(series.Count, series.LastTime),
                ContentType = KubeRequest.MergePatch,
            };
            if (await TryAsync(identity, () => _rest.SendAsync(request, _stopToken)))
            {
                series.Written(_time.GetTimestamp());
            }
            else
            {
                // Most likely the server has dropped the old event. The next repetition is written as a new one.
                _series.Remove(identity);
            }
        }
    }

    // A server that cannot be reached gets some more chances; one that refuses does not.
    private async Task<bool> TryAsync(EventIdentity identity, Func<Task> write)
    {
        var delay = TimeSpan.FromSeconds(1);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await write();
                return true;
            }
            catch (KubeApiException e) when (!e.IsAlreadyExists && (int)e.StatusCode < 500)
            {
                _instruments.EventsLost("refused", 1);
                LogRefused(identity.Reason, identity.Kind, identity.Name, e.Message);
                return false;
            }
            catch (Exception e) when (!_cancelled.IsCancellationRequested)
            {
                if (attempt == Attempts)
                {
                    _instruments.EventsLost("unreachable", 1);
                    LogUnreachable(e, identity.Reason, identity.Kind, identity.Name);
                    return false;
                }
            }

            await Task.Delay(delay, _time, _stopToken);
            delay *= 2;
        }
    }

    private string NextName(EventIdentity identity)
    {
        // The clock's ticks at the start, and one more for each event: unique here, and in practice among copies and restarts.
        var suffix = string.Create(CultureInfo.InvariantCulture, $".{_names++:x16}");
        return Cut(identity.Name, LongestName - suffix.Length).TrimEnd('-', '.') + suffix;
    }

    private static string Collection(EventIdentity identity) => Events.CollectionPath(identity.EventNamespace);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "More than {Capacity} events wait to be written; further ones are dropped until there is room")]
    private partial void LogFull(int capacity);

    [LoggerMessage(
        Level = LogLevel.Debug,
        Message = "The event {Reason} of {Kind} {Name} is dropped: more than {Burst} different events of one object, and one more every {Refill}, are "
            + "not written")]
    private partial void LogSpam(string reason, string kind, string name, int burst, TimeSpan refill);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The server refused the event {Reason} of {Kind} {Name}; it is dropped: {Message}")]
    private partial void LogRefused(string reason, string kind, string name, string message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The event {Reason} of {Kind} {Name} could not be written; it is dropped")]
    private partial void LogUnreachable(Exception exception, string reason, string kind, string name);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The writing of an event failed while the event recorder was being stopped")]
    private partial void LogCutOff(Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "The event recorder ended unexpectedly; no more events are written")]
    private partial void LogBroken(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} events were left at the stop: not written, or not known to be")]
    private partial void LogLeft(int count);
}
