using System.Threading.Channels;
using CrMonitor.WorkQueue;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace CrMonitor.Benchmarks.WorkQueues;

/// <summary>One workload on one queue, made ready by the constructor. <see cref="Run"/> is what is measured; each object runs once.</summary>
internal sealed class QueueRun : IDisposable
{
    // Long enough for the worker to wait again, and for the thread that ran it to have gone to sleep.
    private static readonly TimeSpan IdleTime = TimeSpan.FromMilliseconds(5);

    private readonly QueueSettings _settings;
    private readonly string[] _keys;
    private readonly WorkQueue<string> _queue;
    private readonly ExponentialRateLimiter<string> _limiter = new();
    private readonly Channel<string> _channel = Channel.CreateUnbounded<string>();
    private readonly MeterProvider? _meters;
    private readonly TimeSpan[] _delays;
    private readonly long[] _due;
    private readonly TimeSpan[] _lateness;
    private long _handled;

    public QueueRun(QueueSettings settings, string[] keys)
    {
        _settings = settings;
        _keys = keys;
        _meters = settings.HasMetrics
            ? Sdk.CreateMeterProviderBuilder().AddMeter(WorkQueueMetrics.MeterName).AddInMemoryExporter(new List<Metric>()).Build()
            : null;
        _queue = new WorkQueue<string>(new WorkQueueOptions<string>
        {
            Name = settings.HasMetrics ? "bench" : null,
            RateLimiter = _limiter,
            Order = settings.Order switch
            {
                QueueOrder.Priority => new PriorityOrder<string>(),
                QueueOrder.Fair => new FairOrder<string, int>(Keys.Flow),
                _ => null,
            },
        });
        var delayed = settings.Workload == Workload.Delayed ? settings.Count : 0;
        var random = new Xorshift(42);
        _delays = new TimeSpan[delayed];
        for (var i = 0; i < delayed; i++)
        {
            _delays[i] = TimeSpan.FromTicks(random.Next(1_000_000_000) / TimeSpan.NanosecondsPerTick);
        }

        var timed = settings.Workload == Workload.Idle ? settings.Count : delayed;
        _due = new long[timed];
        _lateness = new TimeSpan[timed];
    }

    /// <summary>How many operations a run is: what its time is divided by.</summary>
    public long Operations => _settings.Workload == Workload.Hot ? (long)QueueSettings.HotProducers * _settings.Count : _settings.Count;

    /// <summary>How long the additions took.</summary>
    public TimeSpan AddTime { get; private set; }

    /// <summary>How long after its deadline, or its addition, each key was taken, in the order of the keys; for delayed and idle.</summary>
    public IReadOnlyList<TimeSpan> Lateness => _lateness;

    private bool IsChannel => _settings.Order == QueueOrder.Channel;

    public void Run()
    {
        switch (_settings.Workload)
        {
            case Workload.PingPong when IsChannel:
                ChannelPingPong();
                break;
            case Workload.PingPong:
                PingPong();
                break;
            case Workload.Batch when IsChannel:
                ChannelBatch();
                break;
            case Workload.Batch:
                Batch();
                break;
            case Workload.Pump when IsChannel:
                ChannelPump();
                break;
            case Workload.Pump:
                Pump();
                break;
            case Workload.Hot when IsChannel:
                ChannelHot();
                break;
            case Workload.Hot:
                Hot();
                break;
            case Workload.Delayed when !IsChannel:
                Delayed();
                break;
            case Workload.Idle when !IsChannel:
                Idle();
                break;
            case Workload.RateLimited when !IsChannel:
                RateLimited();
                break;
            case Workload.Limiter:
                Limiter();
                break;
            default:
                throw new NotSupportedException($"A channel cannot do {_settings.Workload}.");
        }
    }

    public void Dispose()
    {
        _queue.Dispose();
        _meters?.Dispose();
    }

    private static T Now<T>(in ValueTask<T> call) =>
        call.IsCompletedSuccessfully ? call.Result : throw new InvalidOperationException("A key was added and must be there.");

    private void Add(int index)
    {
        if (_settings.Priorities == 1)
        {
            _queue.Add(_keys[index]);
        }
        else
        {
            _queue.Add(_keys[index], index % _settings.Priorities);
        }
    }

    private void TakeAndEnd() => Now(_queue.TakeAsync())!.Value.Dispose();

    private void PingPong()
    {
        for (var i = 0; i < _keys.Length; i++)
        {
            Add(i);
            TakeAndEnd();
        }
    }

    private void ChannelPingPong()
    {
        foreach (var key in _keys)
        {
            _channel.Writer.TryWrite(key);
            Now(_channel.Reader.ReadAsync());
        }
    }

    private void Batch()
    {
        var start = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < _keys.Length; i++)
        {
            Add(i);
        }

        AddTime = TimeProvider.System.GetElapsedTime(start);
        foreach (var _ in _keys)
        {
            TakeAndEnd();
        }
    }

    private void ChannelBatch()
    {
        var start = TimeProvider.System.GetTimestamp();
        foreach (var key in _keys)
        {
            _channel.Writer.TryWrite(key);
        }

        AddTime = TimeProvider.System.GetElapsedTime(start);
        foreach (var _ in _keys)
        {
            Now(_channel.Reader.ReadAsync());
        }
    }

    private void Pump()
    {
        var start = TimeProvider.System.GetTimestamp();
        var workers = StartWorkers();
        for (var i = 0; i < _keys.Length; i++)
        {
            Add(i);
        }

        AddTime = TimeProvider.System.GetElapsedTime(start);
        _queue.ShutDown();
        End(workers, _keys.Length);
    }

    private void ChannelPump()
    {
        var start = TimeProvider.System.GetTimestamp();
        var workers = StartChannelWorkers();
        foreach (var key in _keys)
        {
            _channel.Writer.TryWrite(key);
        }

        AddTime = TimeProvider.System.GetElapsedTime(start);
        _channel.Writer.Complete();
        End(workers, _keys.Length);
    }

    private void Hot()
    {
        var workers = StartWorkers();
        Produce(Add);
        _queue.ShutDown();
        End(workers, expected: null);
    }

    private void ChannelHot()
    {
        var workers = StartChannelWorkers();
        Produce(index => _channel.Writer.TryWrite(_keys[index]));
        _channel.Writer.Complete();
        End(workers, Operations);
    }

    private void Produce(Action<int> add)
    {
        var start = TimeProvider.System.GetTimestamp();
        Task.WaitAll(Enumerable.Range(1, QueueSettings.HotProducers).Select(seed => Task.Run(() =>
        {
            var random = new Xorshift((ulong)seed);
            for (var i = 0; i < _settings.Count; i++)
            {
                add(random.Next(QueueSettings.HotKeys));
            }
        })).ToArray());
        AddTime = TimeProvider.System.GetElapsedTime(start);
    }

    private void Delayed()
    {
        var start = TimeProvider.System.GetTimestamp();
        var worker = TakeAllAsync();
        for (var i = 0; i < _keys.Length; i++)
        {
            var delay = _delays[i].Ticks * (TimeProvider.System.TimestampFrequency / TimeSpan.TicksPerSecond);
            Volatile.Write(ref _due[i], TimeProvider.System.GetTimestamp() + delay);
            _queue.AddAfter(_keys[i], _delays[i]);
        }

        AddTime = TimeProvider.System.GetElapsedTime(start);
        worker.GetAwaiter().GetResult();
    }

    private void Idle()
    {
        var worker = TakeAllAsync();
        for (var i = 0; i < _keys.Length; i++)
        {
            Task.Delay(IdleTime, TimeProvider.System).GetAwaiter().GetResult();
            Volatile.Write(ref _due[i], TimeProvider.System.GetTimestamp());
            _queue.Add(_keys[i]);
        }

        worker.GetAwaiter().GetResult();
    }

    private Task TakeAllAsync() => Task.Run(async () =>
    {
        for (var i = 0; i < _keys.Length; i++)
        {
            using var item = (await _queue.TakeAsync())!.Value;
            var index = Keys.Index(item.Key);
            _lateness[index] = TimeProvider.System.GetElapsedTime(Volatile.Read(ref _due[index]), TimeProvider.System.GetTimestamp());
        }
    });

    private void RateLimited()
    {
        var start = TimeProvider.System.GetTimestamp();
        var worker = Task.Run(async () =>
        {
            for (var i = 0; i < _keys.Length; i++)
            {
                using var item = (await _queue.TakeAsync())!.Value;
                _queue.Forget(item.Key);
            }
        });
        foreach (var key in _keys)
        {
            _queue.AddRateLimited(key);
        }

        AddTime = TimeProvider.System.GetElapsedTime(start);
        worker.GetAwaiter().GetResult();
    }

    private void Limiter()
    {
        foreach (var key in _keys)
        {
            _limiter.When(key);
        }
    }

    private Task[] StartWorkers() => [.. Enumerable.Range(0, _settings.Workers).Select(_ => Task.Run(async () =>
    {
        var handled = 0;
        await foreach (var item in _queue.ReadAllAsync())
        {
            item.Dispose();
            handled++;
        }

        Interlocked.Add(ref _handled, handled);
    }))];

    private Task[] StartChannelWorkers() => [.. Enumerable.Range(0, _settings.Workers).Select(_ => Task.Run(async () =>
    {
        var handled = 0;
        await foreach (var key in _channel.Reader.ReadAllAsync())
        {
            handled++;
        }

        Interlocked.Add(ref _handled, handled);
    }))];

    private void End(Task[] workers, long? expected)
    {
        Task.WaitAll(workers);
        if (expected is not null && _handled != expected)
        {
            throw new InvalidOperationException($"{expected} keys were added and {_handled} handled.");
        }
    }
}
