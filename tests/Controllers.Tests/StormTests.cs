using System.Collections.Concurrent;
using CrMonitor.ApiServer;
using k8s.Models;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

/// <summary>Nothing is left behind that nobody looks at. It counts what happens in the whole process, and so runs while no other test does.</summary>
[Collection(nameof(StormTests))]
public sealed class StormTests
{
    // Acceptance test 15.
    [Fact]
    public async Task Starts_and_stops_in_the_middle_of_everything_leave_no_exception_unobserved()
    {
        Collect();
        var unobserved = new ConcurrentQueue<Exception>();
        void Keep(object? sender, UnobservedTaskExceptionEventArgs arguments) => unobserved.Enqueue(arguments.Exception);
        TaskScheduler.UnobservedTaskException += Keep;
        try
        {
            await using var server = await EmbeddedApiServer.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
            using (var handler = server.CreateHandler())
            {
                await WidgetDefinition.InstallAsync(handler, TestContext.Current.CancellationToken);
            }

            for (var round = 0; round < 20; round++)
            {
                await OneLifeAsync(server, round);
            }

            Collect();
            Assert.Empty(unobserved);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Keep;
        }
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

    internal static void Collect()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
