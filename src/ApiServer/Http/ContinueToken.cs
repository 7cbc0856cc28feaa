using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using CrMonitor.ApiServer.Storage;

namespace CrMonitor.ApiServer.Http;

/// <summary>Where a list in pages goes on: after which key, and of which revision (-1: the latest, whatever the pages before showed).</summary>
internal sealed record ContinueToken(long Revision, string LastKey)
{
    private const string Version = "meta.k8s.io/v1";

    private static readonly SearchValues<char> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <exception cref="ApiException">400: this is not a token of this server.</exception>
    public static ContinueToken Parse(string token)
    {
        if (token.AsSpan().IndexOfAnyExcept(Alphabet) is >= 0 and var illegal)
        {
            throw Invalid($"illegal base64 data at input byte {illegal}");
        }

        if (token.Length % 4 == 1)
        {
            // One character at the end is too few for a byte.
            throw Invalid($"illegal base64 data at input byte {token.Length - 1}");
        }

        try
        {
            using var json = JsonDocument.Parse(Base64Url.DecodeFromChars(token));
            var root = json.RootElement;
            if (root.GetProperty("v").GetString() != Version)
            {
                throw Invalid("encoded API version is not known");
            }

            var start = root.GetProperty("start").GetString()!;
            return start is ['/', .., '\0'] ? new ContinueToken(root.GetProperty("rv").GetInt64(), start[1..^1]) : throw Invalid("it does not start after an object");
        }
        catch (Exception e) when (e is FormatException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw Invalid(e.Message);
        }
    }

    public override string ToString()
    {
        var json = new System.Text.Json.Nodes.JsonObject { ["v"] = Version, ["rv"] = Revision, ["start"] = $"/{LastKey}\0" };
        return Base64Url.EncodeToString(ObjectEncoder.ToUtf8(json));
    }

    private static ApiException Invalid(string why) => ApiErrors.BadRequest($"invalid continue token: continue key is not valid: {why}");
}
