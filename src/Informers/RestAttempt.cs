using System.Net;

namespace CrMonitor.Informers;

/// <summary>One attempt of a call by <see cref="RestClient"/>, when it is over.</summary>
public sealed class RestAttempt
{
    internal RestAttempt()
    {
    }

    /// <summary>What was sent.</summary>
    public required KubeRequest Request { get; init; }

    /// <summary>0 for the first attempt of the call; from 1 on it is a repetition.</summary>
    public required int Number { get; init; }

    /// <summary>What the server answered; <see langword="null"/> if no whole answer came.</summary>
    public required HttpStatusCode? StatusCode { get; init; }

    /// <summary>The length of the answer's body in bytes, as it is read, not as it may have been compressed; 0 if no whole answer came.</summary>
    public required int ResponseLength { get; init; }
}
