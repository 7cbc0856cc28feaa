namespace CrMonitor.ApiServer.Faults;

/// <summary>A fault as the control surface is asked for one.</summary>
internal sealed record FaultOrder
{
    /// <summary><c>respond</c>, <c>delay</c>, <c>disconnect</c>, <c>freeze</c> or <c>cut</c>.</summary>
    public required string Action { get; init; }

    public RequestMatch? Match { get; init; }

    public int? Times { get; init; }

    /// <summary>Of <c>respond</c>: the HTTP status.</summary>
    public int? Status { get; init; }

    public int? RetryAfterSeconds { get; init; }

    public string? Message { get; init; }

    /// <summary>Of <c>delay</c>.</summary>
    public long? Milliseconds { get; init; }

    /// <summary>Of <c>disconnect</c> and <c>freeze</c>.</summary>
    public long? AfterBytes { get; init; }

    /// <summary>Of <c>cut</c>.</summary>
    public int? AfterObjects { get; init; }

    /// <exception cref="FormatException">
    /// The action is not known, or something that it needs is missing, or something is given that it does not take.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public Fault AddTo(FaultInjector faults)
    {
        Func<ApiRequest, bool>? matches = Match is null ? null : Match.Matches;
        switch (Action)
        {
            case "respond":
                Refuse(("milliseconds", Milliseconds), ("afterBytes", AfterBytes), ("afterObjects", AfterObjects));
                return faults.Respond(
                    (System.Net.HttpStatusCode)(Status ?? throw new FormatException("respond needs a status, such as 429")),
                    matches,
                    Times,
                    RetryAfterSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                    Message);
            case "delay":
                Refuse(
                    ("status", Status), ("retryAfterSeconds", RetryAfterSeconds), ("message", Message), ("afterBytes", AfterBytes),
                    ("afterObjects", AfterObjects));
                return faults.Delay(TimeSpan.FromMilliseconds(Milliseconds ?? throw new FormatException("delay needs milliseconds")), matches, Times);
            case "disconnect" or "freeze":
                Refuse(
                    ("status", Status), ("retryAfterSeconds", RetryAfterSeconds), ("message", Message), ("milliseconds", Milliseconds),
                    ("afterObjects", AfterObjects));
                return Action == "freeze" ? faults.Freeze(matches, Times, AfterBytes ?? 0) : faults.Disconnect(matches, Times, AfterBytes ?? 0);
            case "cut":
                Refuse(
                    ("status", Status), ("retryAfterSeconds", RetryAfterSeconds), ("message", Message), ("milliseconds", Milliseconds),
                    ("afterBytes", AfterBytes));
                return faults.Cut(matches, Times, AfterObjects ?? 0);
            default:
                throw new FormatException($"action \"{Action}\" is none of respond, delay, disconnect, freeze and cut");
        }
    }

    private void Refuse(params ReadOnlySpan<(string Name, object? Value)> others)
    {
        foreach (var (name, value) in others)
        {
            if (value is not null)
            {
                throw new FormatException($"{Action} takes no {name}");
            }
        }
    }
}
