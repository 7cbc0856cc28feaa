using System.Globalization;
using System.Text.Json;
using CrMonitor.ApiServer;
using CrMonitor.Tests;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

/// <summary>Nothing is left behind that nobody looks at. It counts what happens in the whole process, and so runs while no other test does.</summary>
[Collection(nameof(StormTests))]
public sealed class StormTests
{
    private const int DefaultSeeds = 40;

    // Acceptance test 15.
    [Fact]
    public async Task Starts_and_stops_in_the_middle_of_everything_leave_no_exception_unobserved()
    {
        using var unobserved = new UnobservedExceptions();
        await using var server = await StartServerAsync();

        for (var round = 0; round < 20; round++)
        {
            await OneLifeAsync(server, round);
        }

        Assert.Empty(unobserved.Collect());
    }

    private static async Task OneLifeAsync(EmbeddedApiServer server, int round)
    {
        var random = new Random(round);
        await using var rig = await OperatorRig.CreateAsync(
            new FakeReconciler(async (context, cancellationToken) =>
            {
                if (random.Next(3) == 0)
                {
                    throw new InvalidOperationException("a failure of its own");
                }

                await context.Client.UpdateAsync(Widget(context.Key.Name, version: null!), cancellationToken: cancellationToken);
                return random.Next(2) == 0 ? ReconcileResult.Requeue : ReconcileResult.After(TimeSpan.FromMilliseconds(1));
            }),
            controller => controller.Concurrency(4).Timeout(TimeSpan.FromMilliseconds(5)).Owns<V1Deployment>(),
            options =>
            {
                options.ShutdownGracePeriod = TimeSpan.Zero;
                if (round % 2 == 0)
                {
                    options.LeaderElection = new LeaderElectionOptions { LeaseNamespace = "default", RetryPeriod = TimeSpan.FromMilliseconds(20) };
                }
            },
            beside: server);
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        for (var i = 0; i < random.Next(20); i++)
        {
            await rig.Client.CreateAsync(Widget($"w-{round}-{i}", version: null!), cancellationToken: TestContext.Current.CancellationToken);
        }

        await rig.Host.StopAsync(TestContext.Current.CancellationToken);
    }

    // Of each seed: random writes, faults, time that passes and controllers that come and go, and in the midst of it a stop. After it there is no
    // run, no request and no watch, whatever time passes; no timer of the host is set, and nothing has failed unseen.
    // CRMONITOR_STOP_SEEDS says how many seeds are run.
    [Fact]
    public async Task A_stop_at_any_moment_leaves_no_run_no_request_no_watch_and_no_timer()
    {
        var seeds = Environment.GetEnvironmentVariable("CRMONITOR_STOP_SEEDS") is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : DefaultSeeds;
        using var unobserved = new UnobservedExceptions();
        await using var server = await StartServerAsync();
        var before = 0;
        for (var seed = 0; seed < seeds; seed++)
        {
            var (left, wasBusy) = await OneStopAsync(server, seed);
            before += wasBusy ? 1 : 0;
            Assert.True(left is null, $"seed {seed}: {left}");
            var exceptions = unobserved.Collect();
            Assert.True(exceptions.Count == 0, $"seed {seed}: {string.Join('\n', exceptions)}");
        }

        Assert.True(before > seeds / 3, $"only {before} of {seeds} hosts were busy when they were stopped");
    }

    private static async Task<EmbeddedApiServer> StartServerAsync()
    {
        var server = await EmbeddedApiServer.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        using var handler = server.CreateHandler();
        await WidgetDefinition.InstallAsync(handler, TestContext.Current.CancellationToken);
        return server;
    }

    /// <returns>What is left after the stop (<see langword="null"/> for nothing), and whether there was anything before it.</returns>
    private static async Task<(string? Left, bool WasBusy)> OneStopAsync(EmbeddedApiServer server, int seed)
    {
        var random = new Random(seed);
        var clock = new FakeTimeProvider();
        var time = new CountingTime(clock);
        var running = 0;
        var reconciler = new FakeReconciler(async (context, cancellationToken) =>
        {
            Interlocked.Increment(ref running);
            try
            {
                switch (Random.Shared.Next(5))
                {
                    case 0:
                        await Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken);
                        return ReconcileResult.After(TimeSpan.FromSeconds(1));
                    case 1:
                        throw new InvalidOperationException("a failure of its own");
                    case 2:
                        await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
                        return ReconcileResult.Done;
                    case 3:
                        await context.Client.Live.GetAsync<V1ConfigMap>(context.Key, cancellationToken);
                        return ReconcileResult.Requeue;
                    default:
                        await context.Client.ApplyAsync(Sized(context.Key.Name, Random.Shared), cancellationToken: cancellationToken);
                        return ReconcileResult.Done;
                }
            }
            finally
            {
                Interlocked.Decrement(ref running);
            }
        });
        var rig = await OperatorRig.CreateAsync(
            reconciler,
            controller => controller.Concurrency(3).Timeout(TimeSpan.FromSeconds(5)).Owns<V1ConfigMap>().Resync(TimeSpan.FromSeconds(20)),
            options => options.LeaderElection = seed % 2 == 0 ? new LeaderElectionOptions { LeaseNamespace = "default" } : null,
            beside: server,
            time: time);
        await rig.Host.StartAsync(TestContext.Current.CancellationToken);
        if (random.Next(3) > 0)
        {
            // Not all are stopped before they have begun to work.
            PutWidget(rig, random);
            var leadership = rig.Host.Services.GetService<ILeadership>();
            await Eventually.TrueAsync(
                () =>
                {
                    if (reconciler.Count > 0)
                    {
                        return true;
                    }

                    // Until the lease of the host before it is over. The clock of a leader goes slowly: on a busy machine it would else lose its
                    // lease before it has had a thread to renew it, and stop.
                    clock.Advance(TimeSpan.FromSeconds(leadership is { IsLeader: false } ? 0.1 : 0.01));
                    return false;
                },
                $"seed {seed}: the host works",
                otherwise: () => string.Join('\n', [.. rig.Paths.TakeLast(20), .. rig.Log.Lines.Select(line => $"{line.Text} {line.Exception}")]));
        }

        for (var moments = random.Next(40); moments > 0; moments--)
        {
            await OneMomentAsync(rig, clock, random);
        }

        var wasBusy = reconciler.Count > 0 && time.Set > 0;
        var stop = rig.DisposeAsync().AsTask();
        var began = TimeProvider.System.GetTimestamp();
        while (!stop.IsCompleted && TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30))
        {
            clock.Advance(TimeSpan.FromSeconds(0.1));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        server.Faults.Clear();
        await server.StartListeningAsync(TestContext.Current.CancellationToken);
        if (!stop.IsCompleted)
        {
            return ("the host does not stop", wasBusy);
        }

        await stop;

        // A run that was cancelled may need some time of the threads, while the clock of the test has passed the limit for it already.
        await Eventually.TrueAsync(
            () => Volatile.Read(ref running) == 0 && time.Set == 0,
            $"seed {seed}: nothing runs and no timer is set",
            otherwise: () => $"{Volatile.Read(ref running)} runs go on, {time.Set} timers are set");
        var (asked, runs) = (rig.Paths.Count, reconciler.Count);
        clock.Advance(TimeSpan.FromHours(1));
        await Eventually.TrueAsync(() => server.Faults.CountWatches() == 0, $"seed {seed}: the server has seen the watches end");
        var left = (rig.Paths.Count - asked, reconciler.Count - runs) is (0, 0)
            ? null
            : $"{rig.Paths.Count - asked} requests and {reconciler.Count - runs} runs came later";
        return (left, wasBusy);
    }

    private static async Task OneMomentAsync(OperatorRig rig, FakeTimeProvider clock, Random random)
    {
        switch (random.Next(10))
        {
            case < 3:
                PutWidget(rig, random);
                break;
            case < 6:
                clock.Advance(TimeSpan.FromMilliseconds(random.Next(1, 4000)));
                break;
            case 6:
                await rig.Server.StopListeningAsync();
                break;
            case 7:
                await rig.Server.StartListeningAsync(TestContext.Current.CancellationToken);
                break;
            case 8:
                rig.Server.Faults.Freeze(request => request.Verb is "patch" or "list" or "watch", times: 1, afterBytes: random.Next(200));
                break;
            default:
                var controllers = rig.Host.Services.GetRequiredService<IControllers>();
                if (controllers.Names.Contains("second"))
                {
                    _ = controllers.RemoveAsync("second");
                }
                else
                {
                    controllers.Add(new FakeReconciler(), controller => controller.Named("second").Owns<V1Secret>());
                }

                break;
        }

        for (var i = random.Next(20); i > 0; i--)
        {
            await Task.Yield();
        }
    }

    private static void PutWidget(OperatorRig rig, Random random) =>
        rig.Server.Storage.Put(JsonSerializer.SerializeToNode(Sized($"w{random.Next(5)}", random), TestJson.Default.Widget)!.AsObject());

    private static Widget Sized(string name, Random random) => new()
    {
        ApiVersion = "example.com/v1",
        Kind = "Widget",
        Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = name },
        Spec = new WidgetSpec { Size = random.Next(100) },
    };
}
