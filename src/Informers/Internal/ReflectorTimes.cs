namespace CrMonitor.Informers;

/// <summary>The deadlines of a reflector.</summary>
internal static class ReflectorTimes
{
    /// <summary>A watch that ends sooner, without an event, is a failure: to open the next at once would be a hot loop.</summary>
    public static readonly TimeSpan VeryShortWatch = TimeSpan.FromSeconds(1);

    /// <summary>How long a request may wait for its headers: the server's own limit of one minute, and time for the way.</summary>
    public static readonly TimeSpan Answer = TimeSpan.FromSeconds(75);

    /// <summary>How long the body of a list may bring no byte.</summary>
    public static readonly TimeSpan ListSilence = TimeSpan.FromSeconds(30);

    /// <summary>How long a streaming list may take in all. A server that never marks its end would else keep the cache waiting for ever.</summary>
    public static readonly TimeSpan StreamingList = TimeSpan.FromMinutes(2);

    /// <summary>How many streaming lists in a row may end before their end; then lists are asked for in pages.</summary>
    public const int MaxCutStreams = 3;

    /// <summary>How long after the server's own deadline a watch is still waited for. After that the connection is taken for dead.</summary>
    public static readonly TimeSpan WatchSlack = TimeSpan.FromSeconds(30);
}
