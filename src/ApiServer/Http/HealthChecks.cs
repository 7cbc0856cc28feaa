using System.Text;
using Microsoft.AspNetCore.Http;

namespace CrMonitor.ApiServer.Http;

/// <summary>
/// What monitors ask: <c>/livez</c>, <c>/readyz</c>, the older <c>/healthz</c>, and one check of each. A server that can answer is well.
/// </summary>
internal static class HealthChecks
{
    private static readonly string[] Common = ["ping", "log", "etcd"];

    private static readonly string[] Ready = [.. Common, "informer-sync", "shutdown"];

    /// <summary>The paths of all checks.</summary>
    public static IEnumerable<string> Paths { get; } =
    [
        .. new[] { "/healthz", "/livez", "/readyz" }.SelectMany(static path => ChecksOf(path).Select(check => $"{path}/{check}").Prepend(path)),
    ];

    /// <returns>The answer; <see langword="null"/> where the path is not that of a check.</returns>
    public static string? TryAnswer(string path, IQueryCollection query)
    {
        if (path is not ("/healthz" or "/livez" or "/readyz"))
        {
            return Paths.Contains(path) ? "ok" : null;
        }

        if (!query.ContainsKey("verbose"))
        {
            return "ok";
        }

        var excluded = query["exclude"].ToHashSet();
        var report = new StringBuilder();
        foreach (var check in ChecksOf(path))
        {
            report.Append("[+]").Append(check).Append(excluded.Remove(check) ? " excluded: ok\n" : " ok\n");
        }

        if (excluded.Count > 0)
        {
            report.Append("warn: some health checks cannot be excluded: no matches for ").AppendJoin(", ", excluded.Select(static e => $"\"{e}\"")).Append('\n');
        }

        return report.Append(path.AsSpan(1)).Append(" check passed\n").ToString();
    }

    private static string[] ChecksOf(string path) => path == "/readyz" ? Ready : Common;
}
