using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace CrMonitor.SampleOperator;

/// <summary>Tells the failure to listen on an address from other failures.</summary>
internal static class ListenFailure
{
    /// <summary>Why an address cannot be listened on, in one line; <see langword="null"/> if that is not what went wrong.</summary>
    public static string? Describe(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case AddressInUseException or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse }:
                    return "the address is already in use";
                case SocketException { SocketErrorCode: SocketError.AccessDenied }:
                    return "this user may not listen there";
                case SocketException { SocketErrorCode: SocketError.AddressNotAvailable }:
                    return "this machine does not have that address";
            }
        }

        return null;
    }
}
