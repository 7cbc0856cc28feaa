using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CrMonitor.SampleOperator;

/// <summary>
/// Answers probes as Kubernetes' own components do: <c>ok</c> or 503 with a line for each check and its parts; <c>?verbose</c> gives the lines in any
/// case, <c>?exclude=name</c> leaves a check out.
/// </summary>
internal sealed class HealthEndpoint(HealthCheckService checks)
{
    /// <param name="context">The request.</param>
    /// <param name="name">The endpoint's name in its answer, such as <c>readyz</c>.</param>
    /// <param name="selects">Which of the registered checks it runs.</param>
    public async Task HandleAsync(HttpContext context, string name, Func<HealthCheckRegistration, bool> selects)
    {
        // `?exclude=` names a check as it is listed; blanks stand for nothing.
        var excluded = context.Request.Query["exclude"].OfType<string>().Where(check => check.Length > 0).ToHashSet(StringComparer.Ordinal);
        var matched = new HashSet<string>(StringComparer.Ordinal);
        var report = await checks.CheckHealthAsync(
            registration => selects(registration) && !(excluded.Contains(registration.Name) && matched.Add(registration.Name)),
            context.RequestAborted);

        var isHealthy = report.Status != HealthStatus.Unhealthy;
        context.Response.StatusCode = isHealthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache, private";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await context.Response.WriteAsync(
            isHealthy && !context.Request.Query.ContainsKey("verbose") ? "ok" : Describe(name, report, matched, excluded.Except(matched), isHealthy),
            context.RequestAborted);
    }

    private static string Describe(string name, HealthReport report, IEnumerable<string> excluded, IEnumerable<string> unknown, bool isHealthy)
    {
        var text = new StringBuilder();
        foreach (var (check, entry) in report.Entries)
        {
            var verdict = entry.Status == HealthStatus.Unhealthy ? "failed" : "ok";
            var sign = entry.Status == HealthStatus.Unhealthy ? '-' : '+';
            var because = entry.Description ?? entry.Exception?.Message;
            text.Append($"[{sign}]{check} {verdict}{(string.IsNullOrEmpty(because) ? "" : ": " + because)}\n");
            foreach (var (part, state) in entry.Data)
            {
                text.Append($"   {part}: {state}\n");
            }
        }

        foreach (var check in excluded)
        {
            text.Append($"[+]{check} excluded: ok\n");
        }

        foreach (var check in unknown)
        {
            text.Append($"warn: nothing to exclude: there is no check {check}\n");
        }

        return text.Append($"{name} check {(isHealthy ? "passed" : "failed")}\n").ToString();
    }
}
