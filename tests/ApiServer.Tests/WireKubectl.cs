using System.ComponentModel;
using System.Diagnostics;

namespace CrMonitor.ApiServer.Tests;

/// <summary>Runs the kubectl of this machine against a server. A test that needs it is skipped, visibly, where there is none.</summary>
internal sealed class WireKubectl : IDisposable
{
    private readonly string _kubeConfig = Path.Combine(Path.GetTempPath(), $"crmonitor-{Guid.NewGuid():N}.kubeconfig");

    private WireKubectl(EmbeddedApiServer server) => File.WriteAllText(_kubeConfig, server.KubeConfig);

    public static WireKubectl For(EmbeddedApiServer server) => new(server);

    /// <summary>Runs a command that is to succeed, and returns what it wrote.</summary>
    public async Task<string> RunAsync(params IReadOnlyList<string> arguments)
    {
        var (exitCode, text) = await TryRunAsync(arguments);
        Assert.True(exitCode == 0, $"kubectl {string.Join(' ', arguments)} ended with {exitCode}: {text}");
        return text;
    }

    /// <returns>The exit code, and all that the command wrote.</returns>
    public async Task<(int ExitCode, string Text)> TryRunAsync(params IReadOnlyList<string> arguments)
    {
        using var process = Start(["--kubeconfig", _kubeConfig, .. arguments]);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await error);
    }

    public void Dispose() => File.Delete(_kubeConfig);

    private static Process Start(IEnumerable<string> arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("kubectl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (Win32Exception)
        {
            Assert.Skip("kubectl is not installed");
            throw;
        }
    }
}
