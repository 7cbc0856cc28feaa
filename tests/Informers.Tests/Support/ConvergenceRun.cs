using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer;
using CrMonitor.Tests;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.Informers.Tests;

/// <summary>One seed: random writes and random faults, then quiet; in the end cache, handlers and server must agree.</summary>
/// <remarks>
/// Every choice comes from the seed; how the threads of client and server meet does not, so that a seed repeats what was done and not always what
/// came of it.
/// </remarks>
/// <param name="seed">The seed.</param>
/// <param name="server">The server, which has no widgets.</param>
/// <param name="time">The clock of the server, and of the client.</param>
/// <param name="met">Counts the failures that the informers met.</param>
internal sealed class ConvergenceRun(int seed, EmbeddedApiServer server, FakeTimeProvider time, ConcurrentDictionary<ReflectorFailureReason, int> met)
{
    private const string Widgets = "widgets.test.crmonitor.dev";
    private const int Steps = 25;
    private static readonly TimeSpan LongestQuiet = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);
    private static readonly HttpStatusCode[] Refusals =
    [
        HttpStatusCode.Gone, HttpStatusCode.TooManyRequests, HttpStatusCode.InternalServerError, HttpStatusCode.ServiceUnavailable,
        HttpStatusCode.GatewayTimeout, HttpStatusCode.Forbidden, HttpStatusCode.NotFound, HttpStatusCode.UnprocessableEntity,
    ];

    private readonly Random _random = new(seed);
    private readonly List<string> _log = [];
    private readonly List<(ISharedInformer<Widget> Informer, ReplayedView View)> _views = [];
    private readonly string[] _namespaces = [$"s{seed}-a", $"s{seed}-b"];
    private readonly HashSet<ObjectKey> _undecodable = [];
    private ServerTrouble _trouble = null!;

    /// <returns>What is wrong in the end, with what was done; <see langword="null"/> if nothing is.</returns>
    public async Task<string?> RunAsync()
    {
        _trouble = new ServerTrouble(server, time, _random, Log)
        {
            Victims = IsMine,
            Verbs = ["list", "watch", null],
            Refusals = Refusals,
            LongestDelay = TimeSpan.FromSeconds(150),
        };
        using var transport = new HttpMessageHandlerTransport(server.Url, server.CreateHandler(), disposeHandler: true);
        await using var factory = new SharedInformerFactory(transport, new SharedInformerFactoryOptions
        {
            TimeProvider = time,
            UseStreamingList = _random.Next(2) == 0,
            PageSize = _random.Next(2) == 0 ? 2 : 500,
            MinWatchTimeout = TimeSpan.FromSeconds(_random.Next(1, 30)),
            InternalErrorRetryWindow = TimeSpan.FromSeconds(_random.Next(2) * 10),
            OnFailure = (_, failure) =>
            {
                met.AddOrUpdate(failure.Reason, 1, static (_, count) => count + 1);
                lock (_log)
                {
                    _log.Add($"  {failure.Reason}: {failure.Message}");
                }
            },
        });
        var all = factory.Informer(WidgetJson.Resource, new InformerScope { Namespaces = _namespaces });
        var some = factory.Informer(
            WidgetJson.Resource, new InformerScope { Namespaces = [_namespaces[0]], LabelSelector = LabelSelector.Parse("tier in (x, y)") });
        Add(all, null);
        Add(all, async () => await Task.Yield());
        Add(some, null);
        Add(all, null, synchronously: true);
        Add(some, null, synchronously: true);
        try
        {
            for (var i = _random.Next(6); i > 0; i--)
            {
                Write();
            }

            factory.Start();
            for (var i = 0; i < Steps; i++)
            {
                await StepAsync();
            }

            Add(all, null);
            Add(all, null, synchronously: true);
            return await SettleAsync(all, some);
        }
        finally
        {
            await _trouble.EndAsync();
            foreach (var ns in _namespaces)
            {
                foreach (var left in server.Storage.List(Widgets, ns))
                {
                    server.Storage.Remove(Widgets, ns, (string)left["metadata"]!["name"]!);
                }
            }
        }
    }

    private void Add(ISharedInformer<Widget> informer, Func<Task>? pause, bool synchronously = false)
    {
        var view = new ReplayedView(pause);
        informer.AddHandler(view, new HandlerOptions { CallSynchronously = synchronously });
        _views.Add((informer, view));
    }

    private async Task StepAsync()
    {
        if (_random.Next(20) < 9)
        {
            for (var i = _random.Next(1, 4); i > 0; i--)
            {
                Write();
            }
        }
        else
        {
            await _trouble.StepAsync();
        }

        if (_random.Next(3) == 0)
        {
            // Time for the threads: some steps are to fall together, others not.
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }

    private void Write()
    {
        var key = new ObjectKey(_namespaces[_random.Next(2)], $"w{_random.Next(8)}");
        var action = _random.Next(10);
        if (action < 4)
        {
            Log($"delete {key}: {server.Storage.Remove(Widgets, key.Namespace!, key.Name)}");
        }

        if (action < 3)
        {
            _undecodable.Remove(key);
            return;
        }

        // Three is deleted and created anew at once.
        var isBroken = _random.Next(20) == 0;
        var widget = new JsonObject
        {
            ["apiVersion"] = "test.crmonitor.dev/v1",
            ["kind"] = "Widget",
            ["metadata"] = new JsonObject
            {
                ["namespace"] = key.Namespace,
                ["name"] = key.Name,
                ["labels"] = new JsonObject { ["tier"] = ((char)('x' + _random.Next(3))).ToString() },
            },
            ["spec"] = new JsonObject { ["size"] = isBroken ? "many" : _random.Next(100) },
        };
        var stored = server.Storage.Put(widget);
        _ = isBroken ? _undecodable.Add(key) : _undecodable.Remove(key);
        Log($"write {key} as {stored["metadata"]!["resourceVersion"]}{(isBroken ? ", undecodable" : "")}");
    }

    private async Task<string?> SettleAsync(ISharedInformer<Widget> all, ISharedInformer<Widget> some)
    {
        Log("quiet");
        await _trouble.EndAsync();
        var began = TimeProvider.System.GetTimestamp();
        var quiet = TimeSpan.Zero;
        while (true)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            if (FindDifference(all, some) is not { } difference)
            {
                return null;
            }

            // A frozen stream is given up only when its time is over, which may be long after its server has woken up.
            if (quiet > LongestQuiet && TimeProvider.System.GetElapsedTime(began) > LongestWait)
            {
                lock (_log)
                {
                    return $"seed {seed}: {difference}\n{string.Join('\n', _log)}";
                }
            }

            var step = TimeSpan.FromSeconds(quiet < TimeSpan.FromSeconds(10) ? 1 : 5);
            quiet += step;
            time.Advance(step);
        }
    }

    private string? FindDifference(ISharedInformer<Widget> all, ISharedInformer<Widget> some)
    {
        if (Compare(all, Stored(_namespaces, null)) is { } first)
        {
            return $"all: {first}";
        }

        if (Compare(some, Stored(_namespaces[..1], ["x", "y"])) is { } second)
        {
            return $"some: {second}";
        }

        foreach (var (informer, view) in _views)
        {
            if (view.Mistakes.TryPeek(out var mistake))
            {
                return $"a handler was told {mistake}";
            }

            var cached = Versions(informer.Lister.List());
            if (Difference(cached, view.Versions) is { } third)
            {
                return $"a handler's view against the cache: {third}";
            }
        }

        return null;
    }

    private string? Compare(ISharedInformer<Widget> informer, Dictionary<ObjectKey, string> stored)
    {
        var cached = Versions(informer.Lister.List());
        foreach (var key in _undecodable)
        {
            // Of these the cache shows what could last be read, if anything.
            stored.Remove(key);
            cached.Remove(key);
        }

        return informer.HasSynced ? Difference(stored, cached) : "it has not synced";
    }

    private Dictionary<ObjectKey, string> Stored(string[] namespaces, string[]? tiers) => namespaces
        .SelectMany(ns => server.Storage.List(Widgets, ns))
        .Select(stored => stored["metadata"]!)
        .Where(metadata => tiers is null || tiers.Contains((string?)metadata["labels"]!["tier"]))
        .ToDictionary(
            metadata => new ObjectKey((string)metadata["namespace"]!, (string)metadata["name"]!),
            metadata => (string)metadata["resourceVersion"]!);

    private static Dictionary<ObjectKey, string> Versions(IEnumerable<Widget> widgets) => widgets.ToDictionary(
        widget => new ObjectKey(widget.Metadata.NamespaceProperty, widget.Metadata.Name), widget => widget.Metadata.ResourceVersion);

    private static string? Difference(IReadOnlyDictionary<ObjectKey, string> expected, IReadOnlyDictionary<ObjectKey, string> actual)
    {
        foreach (var key in expected.Keys.Union(actual.Keys))
        {
            var (one, other) = (expected.GetValueOrDefault(key), actual.GetValueOrDefault(key));
            if (one != other)
            {
                return $"{key} is {one ?? "gone"}, here {other ?? "gone"}";
            }
        }

        return null;
    }

    private bool IsMine(ApiRequest request) => request.Resource == "widgets" && _namespaces.Contains(request.Namespace);

    private void Log(string what)
    {
        lock (_log)
        {
            _log.Add(what);
        }
    }
}
