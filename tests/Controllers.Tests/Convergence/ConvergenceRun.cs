using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer;
using CrMonitor.Informers;
using CrMonitor.Tests;
using k8s;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.Controllers.Tests;

/// <summary>
/// One seed: a host, or two of which one leads, a user who writes at random, faults at random, then quiet; in the end the cluster must be as the widgets
/// ask for.
/// </summary>
/// <remarks>
/// Every choice comes from the seed; how the threads of client and server meet does not, so that a seed repeats what was done and not always what
/// came of it.
/// </remarks>
/// <param name="seed">The seed.</param>
/// <param name="server">The server, which serves widgets and has no controllers of its own.</param>
/// <param name="time">The clock of the server, and of the host.</param>
/// <param name="tally">Is told what the seed has come to.</param>
internal sealed class ConvergenceRun(int seed, EmbeddedApiServer server, FakeTimeProvider time, ConvergenceTally tally) : IDisposable
{
    /// <summary>Every so many seeds two hosts run, of which one leads.</summary>
    public const int ElectionEvery = 5;

    private const string Widgets = "widgets.example.com";
    private const string ConfigMaps = "configmaps";
    private const int Steps = 25;

    // Each host has a cache of widgets and one of their children.
    private const int Caches = 2;

    private const string User = "user";

    // Longer than any backoff, so that what was put off is due within it.
    private static readonly TimeSpan QuietWindow = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestQuiet = TimeSpan.FromHours(2);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private static readonly HttpStatusCode[] Refusals =
    [
        HttpStatusCode.Conflict, HttpStatusCode.TooManyRequests, HttpStatusCode.InternalServerError, HttpStatusCode.ServiceUnavailable,
        HttpStatusCode.Gone, HttpStatusCode.Forbidden,
    ];

    private readonly Random _random = new(seed);
    private readonly List<string> _log = [];
    private readonly CapturedLog _hostLog = new();
    private readonly string _ns = $"s{seed}";
    private readonly ChildReconciler _reconciler = new(hasFixedNames: seed % 2 == 0);
    private readonly bool _elects = seed % ElectionEvery == 0;
    private readonly ConcurrentDictionary<string, bool> _unanswered = new();
    private readonly List<CreationWitness> _witnesses = [];
    private IHost?[] _hosts = [];
    private int _starts;
    private KubeClient _user = null!;
    private ServerTrouble _trouble = null!;

    /// <returns>What is wrong in the end, with what was done; <see langword="null"/> if nothing is.</returns>
    public async Task<string?> RunAsync()
    {
        using var transport = new HttpMessageHandlerTransport(server.Url, new NamedHandler(server.CreateHandler()), disposeHandler: true);
        _user = CreateUser(transport);
        _trouble = new ServerTrouble(server, time, _random, Log)
        {
            Victims = IsHosts,
            Verbs = ["list", "watch", "create", "patch", "delete", null, null, null],
            Refusals = Refusals,
            LongestDelay = TimeSpan.FromSeconds(15),
        };
        server.Storage.Put(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = _ns } });
        try
        {
            for (var i = _random.Next(4); i > 0; i--)
            {
                await WriteAsync();
            }

            _hosts = new IHost?[_elects ? 2 : 1];
            for (var i = 0; i < _hosts.Length; i++)
            {
                _witnesses.Add(new CreationWitness(server, _ns, _elects ? Identity(i) : null, _unanswered));
                await StartHostAsync(i);
            }

            for (var i = 0; i < Steps; i++)
            {
                await StepAsync();
            }

            var failure = await SettleAsync() ?? await CheckQuietAsync() ?? await CheckFailoverAsync() ?? await CheckLastWriteAsync() ?? await CheckStopAsync();
            tally.Add(_witnesses, Lists - (Caches * _starts), Terms());
            return failure is null ? null : Describe(failure);
        }
        catch (Exception e)
        {
            return Describe(e.ToString());
        }
        finally
        {
            await _trouble.EndAsync();
            await StopHostsAsync();
            CleanUp(Widgets);
            CleanUp(ConfigMaps);
            CleanUp(CreationWitness.Leases);
            server.Storage.Remove("namespaces", "", _ns);
        }
    }

    public void Dispose()
    {
        _witnesses.ForEach(witness => witness.Dispose());
        _hostLog.Dispose();
    }

    private static KubeClient CreateUser(IKubeTransport transport)
    {
        var options = new CrMonitorOptions { FieldManager = User };
        options.JsonContexts.Add(TestJson.Default);
        return new KubeClient(new RestClient(transport, new RestClientOptions { MaxRetries = 0 }), options);
    }

    private static bool IsHosts(ApiRequest request) => request.UserAgent != User;

    private static string Identity(int index) => $"host-{index}";

    private async Task StartHostAsync(int index)
    {
        // The settings are drawn from the seed as everything else.
        var workers = _random.Next(1, 5);
        var changes = _random.Next(2) == 0 ? Changed.Anything : Changed.Generation | Changed.Deletion;
        var order = (ReconcileOrder)_random.Next(3);
        TimeSpan? timeout = _random.Next(2) == 0 ? TimeSpan.FromSeconds(10) : null;
        var releases = _random.Next(2) == 0;
        Log($"start host {index}: {workers} workers, {changes}, {order}, timeout {timeout}, {(releases ? "gives back" : "keeps")} a lease");
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, ApplicationName = "tests" });
        builder.Logging.AddProvider(_hostLog).AddFilter("Microsoft", LogLevel.None).SetMinimumLevel(LogLevel.Debug);
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddSingleton(new OperatorRig.DelegatingReconciler(_reconciler));
        builder.Services.AddCrMonitor(options =>
            {
                options.JsonContexts.Add(TestJson.Default);
                options.Namespaces.Add(_ns);
                options.Transport = _ => new HttpMessageHandlerTransport(server.Url, _witnesses[index]);
                if (_elects)
                {
                    // Longer than the steps in which time passes.
                    options.LeaderElection = new LeaderElectionOptions
                    {
                        LeaseNamespace = _ns,
                        Identity = Identity(index),
                        LeaseDuration = TimeSpan.FromSeconds(150),
                        RenewDeadline = TimeSpan.FromSeconds(100),
                        RetryPeriod = TimeSpan.FromSeconds(20),
                        ReleaseOnStop = releases,
                    };
                }
            })
            .AddController<OperatorRig.DelegatingReconciler, Widget>(controller =>
            {
                controller.Owns<V1ConfigMap>().When(changes).Concurrency(workers).Order(order);
                if (timeout is { } limit)
                {
                    controller.Timeout(limit);
                }
            });
        var host = builder.Build();
        if (_elects)
        {
            var children = host.Services.GetRequiredService<ILister<V1ConfigMap>>();
            _witnesses[index].ShowsChildOf = owner =>
                children.List().Any(child => child.Metadata.OwnerReferences is { } owners && owners.Any(known => known.Uid == owner));
        }

        _hosts[index] = host;
        _starts++;
        await host.StartAsync(TestContext.Current.CancellationToken);
    }

    private async Task StopHostsAsync()
    {
        for (var i = 0; i < _hosts.Length; i++)
        {
            await StopHostAsync(i);
        }
    }

    // The grace time passes by the clock of the test.
    private async Task StopHostAsync(int index)
    {
        if (_hosts[index] is not { } host)
        {
            return;
        }

        _hosts[index] = null;
        var stop = host.StopAsync(CancellationToken.None);
        var began = TimeProvider.System.GetTimestamp();
        while (!stop.IsCompleted && TimeProvider.System.GetElapsedTime(began) < LongestWait)
        {
            await PauseAsync();
            time.Advance(TimeSpan.FromSeconds(0.5));
        }

        if (!stop.IsCompleted)
        {
            throw new TimeoutException(Describe("the host does not stop"));
        }

        await stop;
        await ((IAsyncDisposable)host).DisposeAsync();
    }

    private async Task StepAsync()
    {
        switch (_random.Next(20))
        {
            case < 8:
                for (var i = _random.Next(1, 4); i > 0; i--)
                {
                    await WriteAsync();
                }

                break;
            case 8 when _elects || _random.Next(3) == 0:
                // Where one leads, that one: another has to go on in the midst of it all.
                var stopped = _elects ? Math.Max(0, Array.FindIndex(_hosts, IsLeading)) : 0;
                Log($"stop host {stopped}");
                await StopHostAsync(stopped);
                await StartHostAsync(stopped);
                break;
            default:
                await _trouble.StepAsync();
                break;
        }

        if (_random.Next(2) == 0)
        {
            // Time for the threads: some steps are to fall together, others not.
            await PauseAsync();
        }
    }

    private async Task WriteAsync()
    {
        var key = new ObjectKey(_ns, $"w{_random.Next(4)}");
        var action = _random.Next(10);
        var size = _random.Next(100);
        var one = _random.Next(100);
        try
        {
            switch (action)
            {
                case < 4:
                    Log($"create {key}: {size}");
                    await CreateAsync(key, size);
                    break;
                case < 6:
                    Log($"change {key}: {size}");
                    await SetSizeAsync(key, size);
                    break;
                case < 8:
                    Log($"delete {key}: {await _user.DeleteAsync<Widget>(key)}");
                    break;
                default:
                    var children = server.Storage.List(ConfigMaps, _ns);
                    if (children.Count > 0)
                    {
                        await DisturbAsync(new ObjectKey(_ns, (string)children[one % children.Count]["metadata"]!["name"]!), action == 8);
                    }

                    break;
            }
        }
        catch (Exception e) when (e is KubeApiException or HttpRequestException)
        {
            // There is none, or there is one, or the server is gone: a user has to live with it.
            Log($"  {e.Message}");
        }
    }

    private async Task DisturbAsync(ObjectKey child, bool deletes)
    {
        Log($"{(deletes ? "delete" : "falsify")} child {child}");
        if (deletes)
        {
            await _user.DeleteAsync<V1ConfigMap>(child);
        }
        else
        {
            var patch = new JsonObject { ["data"] = new JsonObject { [ChildReconciler.SizeKey] = "false" } };
            await _user.PatchAsync<V1ConfigMap>(child, KubePatch.Merge(patch));
        }
    }

    private Task<Widget> CreateAsync(ObjectKey key, int size) => _user.CreateAsync(new Widget
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = key.Namespace, Name = key.Name },
        Spec = new WidgetSpec { Size = size },
    });

    private Task<Widget> SetSizeAsync(ObjectKey key, int size) =>
        _user.PatchAsync<Widget>(key, KubePatch.Merge(new JsonObject { ["spec"] = new JsonObject { ["size"] = size } }));

    private async Task<string?> SettleAsync()
    {
        Log("quiet");
        await _trouble.EndAsync();
        var began = TimeProvider.System.GetTimestamp();
        var quiet = TimeSpan.Zero;
        while (FindDifference() is { } difference)
        {
            if (quiet > LongestQuiet && TimeProvider.System.GetElapsedTime(began) > LongestWait)
            {
                return difference;
            }

            var step = TimeSpan.FromSeconds(quiet < TimeSpan.FromSeconds(10) ? 1 : 5);
            quiet += step;
            await PassAsync(step);
        }

        return null;
    }

    // What was under way comes to its end; then a time that is longer than any backoff must pass without a run and without a request but watches.
    private async Task<string?> CheckQuietAsync()
    {
        var before = await PassWindowAsync();
        for (var i = 0; i < 12; i++)
        {
            var after = await PassWindowAsync();
            if (after == before)
            {
                return FindDifference() ?? FindNeedlessList();
            }

            before = after;
        }

        return $"it does not come to rest: {before}; {string.Join(", ", server.Requests.Latest().TakeLast(20))}";
    }

    // A cache lists when it starts, and again where its watch or its list was refused or broken, or cannot go on because what it missed is forgotten.
    // A connection that is lost, or a server that was away, calls for no list.
    private string? FindNeedlessList()
    {
        var needed = (Caches * _starts) + (Caches * _hosts.Length * _trouble.Compactions) + _trouble.Hits;
        return Lists > needed ? $"{Lists} lists, where {needed} at most are called for" : null;
    }

    private async Task<(int Runs, int Writes, int Lists)> PassWindowAsync()
    {
        for (var passed = TimeSpan.Zero; passed < QuietWindow; passed += TimeSpan.FromSeconds(30))
        {
            await PassAsync(TimeSpan.FromSeconds(30));
        }

        return (_reconciler.Count, Writes().Count, Lists);
    }

    // The other host takes over, and finds nothing to write and nothing to list.
    private async Task<string?> CheckFailoverAsync()
    {
        if (!_elects)
        {
            return null;
        }

        var leader = Array.FindIndex(_hosts, IsLeading);
        if (leader < 0)
        {
            return "none of the hosts leads";
        }

        server.Requests.Clear();
        var lists = Lists;
        Log($"stop host {leader}, which leads");
        await StopHostAsync(leader);
        for (var passed = TimeSpan.Zero; passed < QuietWindow && !_hosts.Any(IsLeading); passed += TimeSpan.FromSeconds(5))
        {
            await PassAsync(TimeSpan.FromSeconds(5));
        }

        await PassWindowAsync();
        return !_hosts.Any(IsLeading) ? "the other host does not take over"
            : Writes() is { Count: > 0 } writes ? $"the failover led to these writes: {string.Join(", ", writes)}"
            : Lists != lists ? $"the failover led to {Lists - lists} lists"
            : FindDifference();
    }

    private static bool IsLeading(IHost? host) => host?.Services.GetService<ILeadership>() is { IsLeader: true };

    // One change of one widget: one write of the child and one of the status.
    private async Task<string?> CheckLastWriteAsync()
    {
        if (server.Storage.List(Widgets, _ns) is not [var widget, ..])
        {
            var created = new ObjectKey(_ns, "last");
            Log($"create {created}");
            await CreateAsync(created, 1);
            if (await SettleAsync() is { } missing)
            {
                return missing;
            }

            await PassWindowAsync();
            widget = server.Storage.List(Widgets, _ns)[0];
        }

        var lists = Lists;
        server.Requests.Clear();
        var key = new ObjectKey(_ns, (string)widget["metadata"]!["name"]!);
        Log($"change {key} for the last time");
        await SetSizeAsync(key, 1000);
        if (await SettleAsync() is { } difference)
        {
            return difference;
        }

        await PassWindowAsync();
        var writes = Writes();
        if (writes is not [{ Resource: ConfigMaps, Verb: "patch" }, { Resource: "widgets", Verb: "patch", Subresource: "status" }])
        {
            return $"one change led to these writes: {string.Join(", ", writes)}";
        }

        tally.AddLastWrite();
        return Lists != lists ? $"{Lists - lists} lists without any trouble" : null;
    }

    private async Task<string?> CheckStopAsync()
    {
        await StopHostsAsync();
        var (requests, runs) = (server.Requests.Count, _reconciler.Count);
        await PassWindowAsync();
        if ((requests, runs) != (server.Requests.Count, _reconciler.Count))
        {
            return $"something goes on after the stop: {server.Requests.Count - requests} requests, {_reconciler.Count - runs} runs";
        }

        return server.Faults.CountWatches() is not 0 and var watches ? $"{watches} watches are still open after the stop" : null;
    }

    private int Lists => _witnesses.Sum(witness => witness.Lists);

    private int Terms() => server.Storage.List(CreationWitness.Leases, _ns).Sum(lease => (int?)lease["spec"]?["leaseTransitions"] ?? 0);

    private string? FindDifference()
    {
        if (_witnesses.Select(witness => witness.Mistakes.FirstOrDefault()).OfType<string>().FirstOrDefault() is { } mistake)
        {
            return mistake;
        }

        var widgets = server.Storage.List(Widgets, _ns);
        var children = server.Storage.List(ConfigMaps, _ns).ToLookup(child => (string)child["metadata"]!["ownerReferences"]![0]!["uid"]!);
        foreach (var widget in widgets)
        {
            var metadata = widget["metadata"]!;
            var (uid, size) = ((string)metadata["uid"]!, (int)widget["spec"]!["size"]!);
            if (metadata["deletionTimestamp"] is not null)
            {
                return $"{metadata["name"]} is still to be deleted";
            }

            var sizes = children[uid].Select(child => (string?)child["data"]![ChildReconciler.SizeKey]).ToList();
            if (sizes.Count != 1 || sizes[0] != size.ToString(CultureInfo.InvariantCulture))
            {
                return $"{metadata["name"]} of size {size} has children of these sizes: [{string.Join(", ", sizes)}]";
            }

            if ((int?)widget["status"]?["size"] != size)
            {
                return $"{metadata["name"]} of size {size} has this status: {widget["status"]}";
            }
        }

        var owners = widgets.Select(widget => (string)widget["metadata"]!["uid"]!).ToHashSet();
        return children.FirstOrDefault(child => !owners.Contains(child.Key)) is { } orphans ? $"a child of {orphans.Key}, which is gone, is left" : null;
    }

    private IReadOnlyList<ApiRequest> Writes() =>
        server.Requests.Latest(request => IsHosts(request) && request.Resource != "leases" && request.Verb is not ("list" or "watch"));

    // Time passes when what was asked has been answered, unless the answer is one that stalls.
    private async Task PassAsync(TimeSpan passed)
    {
        var runs = -1;
        for (var i = 0; i < 20 && (_witnesses.Any(witness => witness.Pending > 0) || runs != _reconciler.Count); i++)
        {
            runs = _reconciler.Count;
            await PauseAsync();
        }

        time.Advance(passed);
    }

    private static Task PauseAsync() => Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);

    private void CleanUp(string resource)
    {
        foreach (var left in server.Storage.List(resource, _ns))
        {
            server.Storage.Remove(resource, _ns, (string)left["metadata"]!["name"]!);
        }
    }

    private void Log(string what) => _log.Add(what);

    private string Describe(string failure) => string.Join(
        '\n', [$"seed {seed}: {failure}", .. _log, "--- the host's caches:", .. Cached<Widget>(), .. Cached<V1ConfigMap>(), "--- the host's log:", .. _hostLog.Lines.Select(line => $"{line.Level}: {line.Text} {line.Exception?.Message}")]);

    private IEnumerable<string> Cached<T>()
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        _hosts.OfType<IHost>().SelectMany(host => host.Services.GetRequiredService<ILister<T>>().List())
            .Select(one => $"{typeof(T).Name} {one.Metadata.Name} {one.Metadata.ResourceVersion}");

    /// <summary>Says who asks, so that faults spare the user.</summary>
    private sealed class NamedHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.UserAgent.ParseAdd(User);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
