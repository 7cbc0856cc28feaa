using Microsoft.Extensions.Logging.Abstractions;

namespace CrMonitor.Controllers.Tests;

/// <summary>One process that wants to lead, in a <see cref="VirtualWorld"/>.</summary>
internal sealed class Candidate : IDisposable
{
    private readonly VirtualWorld _world;
    private readonly string _name;
    private readonly string _lease;
    private readonly Random _random;
    private readonly LeaderElectionOptions? _options;
    private int _restarts;

    public Candidate(
        VirtualWorld world,
        SimulatedLeaseServer server,
        string name,
        SimulatedClock? clock = null,
        Random? random = null,
        LeaderElectionOptions? options = null,
        string lease = "operator")
    {
        _lease = lease;
        _world = world;
        _name = name;
        _random = random ?? new Random(1);
        _options = options;
        Clock = clock ?? new SimulatedClock(world);
        Network = new SimulatedNetwork(world, Clock, server);
        Elector = Create();
    }

    public SimulatedClock Clock { get; }

    public SimulatedNetwork Network { get; }

    public ControllerInstruments Instruments { get; } = new(null);

    public LeaderElector Elector { get; private set; }

    public string Identity => $"{_name}-{_restarts}";

    public void Start() => _ = _world.Run(() =>
    {
        Elector.Start();
        return Task.CompletedTask;
    });

    public Task StopAsync(bool release = true) => _world.Run(() => Elector.StopAsync(release, TimeSpan.FromSeconds(1)));

    /// <summary>The process ends, and another one takes its place, which is not started.</summary>
    public void Replace()
    {
        Elector.Dispose();
        _restarts++;
        Elector = Create();
    }

    public void Dispose()
    {
        Elector.Dispose();
        Instruments.Dispose();
    }

    private LeaderElector Create() => new(
        Network,
        new LeaderElectionOptions
        {
            LeaseName = _lease,
            LeaseNamespace = "default",
            Identity = Identity,
            ReleaseOnStop = _options?.ReleaseOnStop ?? true,
        },
        Instruments,
        Clock,
        _random,
        NullLogger.Instance);
}
