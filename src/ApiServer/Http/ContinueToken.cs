using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using CrMonitor.ApiServer.Storage;

namespace CrMonitor.ApiServer.Http;

/// <summary>Where a list in pages goes on: from which key, and of which revision (below 0: the latest, whatever the pages before showed).</summary>
internal sealed record ContinueToken(long Revision, string Start)
{
    private const string Version = "meta.k8s.io/v1";

    private static readonly SearchValues<char> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>Goes on after <paramref name="lastKey"/>: from the lowest key that can follow it.</summary>
    public static ContinueToken After(long revision, string lastKey) => new(revision, $"{lastKey}\0");

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
            if (root.GetProperty("v").GetString() is var version && version != Version)
            {
                throw Invalid($"server does not recognize this encoded version {version}");
            }

            var revision = root.GetProperty("rv").GetInt64();
            if (revision == 0)
            {
                throw Invalid($"incorrect encoded start resourceVersion (version {Version})");
            }

            var start = (root.TryGetProperty("start", out var key) ? key.GetString() ?? "" : "").TrimStart('/');
            return start.Length > 0 ? new ContinueToken(revision, start) : throw Invalid($"encoded start key empty (version {Version})");
        }
        catch (Exception e) when (e is FormatException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw Invalid(e.Message);
        }
    }

    public override string ToString()
    {
        var json = new System.Text.Json.Nodes.JsonObject { ["v"] = Version, ["rv"] = Revision, ["start"] = $"/{Start}" };
        return Base64Url.EncodeToString(ObjectEncoder.ToUtf8(json));
    }

    private static ApiException Invalid(string why) => ApiErrors.BadRequest($"invalid continue token: continue key is not valid: {why}");
}
