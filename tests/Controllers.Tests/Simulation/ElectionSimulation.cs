namespace CrMonitor.Controllers.Tests;

/// <summary>One life of three candidates, drawn from a seed.</summary>
internal sealed class ElectionSimulation
{
    private static readonly TimeSpan Trouble = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(45);

    private readonly VirtualWorld _world = new();
    private readonly SimulatedLeaseServer _server = new();
    private readonly Random _random;
    private readonly Candidate[] _candidates;
    private string? _failure;
    private LeadershipTerm? _lastTerm;

    public ElectionSimulation(int seed, double slowest, double fastest)
    {
        _random = new Random(seed);
        _candidates = [.. "abc".Select(name =>
        {
            var clock = new SimulatedClock(_world, TimeSpan.FromSeconds(_random.Next(-86_400, 86_400)), slowest + (_random.NextDouble() * (fastest - slowest)));
            return new Candidate(_world, _server, name.ToString(), clock, _random);
        })];
        foreach (var candidate in _candidates)
        {
            candidate.Network.Latency = () => Seconds(0.001, 0.05);
        }

        _world.AfterEachStep = Check;
    }

    /// <returns>What did not hold; <see langword="null"/> if all did.</returns>
    public string? Run()
    {
        foreach (var candidate in _candidates)
        {
            _world.At(Seconds(0, 5).Ticks, candidate.Start);
        }

        while (_failure is null && _world.Time < Trouble)
        {
            _world.Pass(Seconds(0.1, 8));
            Disturb(_candidates[_random.Next(_candidates.Length)]);
        }

        foreach (var candidate in _candidates)
        {
            candidate.Network.Present = SimulatedNetwork.Fault.None;
            candidate.Network.Latency = () => Seconds(0.001, 0.05);
        }

        _world.Pass(Calm);
        if (_failure is null && !Array.Exists(_candidates, candidate => candidate.Elector.IsLeader))
        {
            _failure = "nobody leads although nothing has been wrong for 45 seconds";
        }

        var leader = _candidates.FirstOrDefault(candidate => candidate.Elector.IsLeader)?.Identity;
        var stops = _candidates.Select(candidate => candidate.StopAsync()).ToList();
        _world.Pass(Calm);
        if (_failure is null && (!stops.TrueForAll(stop => stop.IsCompletedSuccessfully) || _server.Holder == leader))
        {
            _failure = $"all have stopped, and {leader} has not given the lease back";
        }

        Array.ForEach(_candidates, candidate => candidate.Dispose());
        return _failure;
    }

    private void Disturb(Candidate candidate)
    {
        switch (_random.Next(10))
        {
            case 0 or 1 or 2 or 3:
                candidate.Network.Present = (SimulatedNetwork.Fault)_random.Next(1, 5);
                break;
            case 4 or 5:
                candidate.Network.Present = SimulatedNetwork.Fault.None;
                candidate.Network.Latency = () => Seconds(0.001, 0.05);
                break;
            case 6:
                candidate.Network.Latency = () => Seconds(0.1, 8);
                break;
            case 7 or 8:
                candidate.Clock.Pause(Seconds(1, 30));
                break;
            default:
                // In a crash nobody gives anything back.
                var stop = candidate.StopAsync(release: _random.Next(2) == 0);
                _world.Pass(Seconds(1, 5));
                if (stop.IsCompleted)
                {
                    candidate.Replace();
                    candidate.Start();
                }
                else
                {
                    // Its process pauses in the middle of the stop.
                    _ = Replaced(stop, candidate);
                }

                break;
        }
    }

    private Task Replaced(Task stop, Candidate candidate) => _world.Run(async () =>
    {
        await stop;
        candidate.Replace();
        candidate.Start();
    });

    private void Check()
    {
        Candidate? leader = null;
        foreach (var candidate in _candidates)
        {
            if (!candidate.Elector.IsLeader)
            {
                continue;
            }

            if (leader is not null)
            {
                _failure ??= $"{leader.Identity} and {candidate.Identity} lead at once, {_world.Time} after the start";
            }

            leader = candidate;
        }

        if (leader?.Elector.Term is { } term && term != _lastTerm)
        {
            if (_lastTerm is { } last && last.Identity != term.Identity && term.Number <= last.Number)
            {
                _failure ??= $"the term of {term.Identity} has the number {term.Number}, after {last.Number} of {last.Identity}";
            }

            _lastTerm = term;
        }
    }

    private TimeSpan Seconds(double from, double to) => TimeSpan.FromSeconds(from + (_random.NextDouble() * (to - from)));
}
