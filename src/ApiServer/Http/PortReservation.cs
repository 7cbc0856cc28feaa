using System.Net;
using System.Net.Sockets;

namespace CrMonitor.ApiServer.Http;

/// <summary>
/// Keeps a port of the loopback address for a server that does not always listen: a socket that is bound and never listens, so that connections
/// are refused. A listener binds beside it, with no moment between in which the system could give the port to an outgoing connection.
/// </summary>
internal sealed class PortReservation : IDisposable
{
    private readonly Socket _socket;

    private PortReservation(Socket socket) => _socket = socket;

    /// <summary>Only Linux lets a listener bind beside a socket that is bound and does not listen, if both allow it, as sockets of .NET do.</summary>
    public static bool IsPossible => OperatingSystem.IsLinux();

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <param name="port">The port; 0 for a free one.</param>
    /// <exception cref="IOException">The port is in use.</exception>
    public static PortReservation Take(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return new PortReservation(socket);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw Listener.CannotBind(port, e);
        }
    }

    public void Dispose() => _socket.Dispose();
}
