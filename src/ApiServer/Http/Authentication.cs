using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace CrMonitor.ApiServer.Http;

/// <summary>Asks requests for a bearer token.</summary>
/// <param name="token">The token; <see langword="null"/> where all requests are welcome.</param>
internal sealed class Authentication(string? token)
{
    private const string Scheme = "Bearer ";

    private readonly byte[]? _token = token is null ? null : Encoding.UTF8.GetBytes(token);

    /// <exception cref="ApiException">401: the token is missing, or another one.</exception>
    public void Check(HttpRequest request, string path)
    {
        if (_token is null)
        {
            return;
        }

        var header = request.Headers.Authorization.ToString();
        if (header.Length == 0 && IsPublic(path))
        {
            return;
        }

        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(header[Scheme.Length..].Trim()), _token))
        {
            throw ApiErrors.Unauthorized();
        }
    }

    // What a cluster tells everybody.
    private static bool IsPublic(string path) => path is "/version" or "/healthz" or "/livez" or "/readyz";
}
