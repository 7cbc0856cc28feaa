using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace CrMonitor.SampleOperator;

/// <summary>Where an endpoint listens: <c>:8080</c> (all addresses), <c>host:port</c>, or <c>0</c> for nowhere.</summary>
/// <param name="Host">An IP address or <c>localhost</c>; empty for all addresses; <see langword="null"/> if the endpoint is off.</param>
/// <param name="Port">The port; 0 lets the system choose a free one.</param>
internal readonly record struct BindAddress(string? Host, int Port)
{
    public static BindAddress Off => default;

    public bool IsOff => Host is null;

    /// <exception cref="FormatException">The text is none of the three forms.</exception>
    public static BindAddress Parse(string text)
    {
        if (text == "0")
        {
            return Off;
        }

        var colon = text.LastIndexOf(':');
        if (colon < 0
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port > IPEndPoint.MaxPort)
        {
            throw new FormatException("expected host:port, :port for all addresses, or 0 for off");
        }

        var host = text[..colon];
        if (host.Length > 0 && host != "localhost" && !IsAddress(host))
        {
            throw new FormatException($"'{host}' is not an IP address (with brackets around IPv6) or localhost");
        }

        return new BindAddress(host, port);
    }

    public override string ToString() => Host is null ? "0" : $"{Host}:{Port}";

    /// <summary>The address without the brackets of IPv6. Only for a host that is an address.</summary>
    public IPAddress ToIPAddress() => IPAddress.Parse(Host!.Trim('[', ']'));

    private static bool IsAddress(string host) =>
        host is ['[', .. var inner, ']']
            ? IPAddress.TryParse(inner, out var six) && six.AddressFamily == AddressFamily.InterNetworkV6
            : IPAddress.TryParse(host, out var four) && four.AddressFamily == AddressFamily.InterNetwork;
}
