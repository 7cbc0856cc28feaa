using System.ComponentModel;
using System.Diagnostics;

namespace CrMonitor.Tests;

/// <summary>The kubectl of this machine. Tests that need it are skipped, visibly, where there is none.</summary>
/// <param name="kubeConfig">The path of the kubeconfig.</param>
/// <param name="cacheDirectory">
/// Where it keeps what it learnt of the server, which another server on the same port may contradict; the user's by default.
/// </param>
internal sealed class Kubectl(string kubeConfig, string? cacheDirectory = null)
{
    private static readonly Lazy<bool> Installed = new(() =>
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("kubectl", ["version", "--client"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    });

    public static bool IsInstalled => Installed.Value;

    /// <summary>Variables that the commands get beside those of this process.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>Runs a command that is to succeed, and returns what it wrote.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var (exitCode, output, error) = await TryRunAsync(null, arguments);
        Assert.True(exitCode == 0, $"kubectl {string.Join(' ', arguments)} ended with {exitCode}:\n{output}{error}");
        return output;
    }

    public async Task<string> ApplyAsync(string manifest)
    {
        var (exitCode, output, error) = await TryRunAsync(manifest, "apply", "-f", "-");
        Assert.True(exitCode == 0, $"kubectl apply ended with {exitCode}:\n{output}{error}");
        return output;
    }

    public async Task<(int ExitCode, string Output, string Error)> TryRunAsync(string? input, params string[] arguments)
    {
        using var process = Start(arguments);
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input);
        }

        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }

    /// <summary>Starts a command that goes on, such as <c>get -w</c>. The caller kills it.</summary>
    public Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("kubectl")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add("--kubeconfig");
        start.ArgumentList.Add(kubeConfig);
        if (cacheDirectory is not null)
        {
            start.Environment["KUBECACHEDIR"] = cacheDirectory;
        }

        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
