using System.Diagnostics;
using System.Text.RegularExpressions;
using CrMonitor.Informers;
using CrMonitor.Tests;
using k8s;

namespace CrMonitor.SampleOperator.Tests;

/// <summary>The built operator, started as its users start it.</summary>
internal sealed partial class OperatorProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly List<string> _output = [];
    private readonly List<string> _error = [];
    private readonly Task _reading;

    private OperatorProcess(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput, _output), ReadAsync(process.StandardError, _error));
    }

    /// <summary>Where <see cref="StartEmbeddedAsync"/> had the kubeconfig written.</summary>
    public string KubeConfig { get; private init; } = "";

    public string Output => Text(_output);

    public string Error => Text(_error);

    /// <summary>The lines that the operator has written so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _output];
            }
        }
    }

    /// <summary>Starts it and returns at once.</summary>
    public static OperatorProcess Start(params string[] arguments) => Start(null, arguments);

    /// <summary>Starts it on an embedded server, with endpoints on free ports, and returns when it has started.</summary>
    public static async Task<OperatorProcess> StartEmbeddedAsync(params string[] arguments)
    {
        var kubeConfig = Path.Combine(Path.GetTempPath(), $"crmonitor-{Guid.NewGuid():N}.kubeconfig");
        var process = Start(
            kubeConfig,
            ["--embedded", "--kubeconfig-out", kubeConfig, "--metrics-bind-address", "127.0.0.1:0", "--health-probe-bind-address", "127.0.0.1:0", .. arguments]);
        try
        {
            await process.WaitForOutputAsync("Started");
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }

        return process;
    }

    public Task WaitForOutputAsync(string text) =>
        Eventually.TrueAsync(
            () => Output.Contains(text, StringComparison.Ordinal) || (_process.HasExited && _reading.IsCompleted && Fail()),
            $"the operator writes '{text}'");

    /// <summary>The address that the operator says it serves <paramref name="what"/> at.</summary>
    public Uri Serving(string what) => new(ServingLine().Matches(Output).Single(match => match.Groups["what"].Value == what).Groups["url"].Value);

    public KubernetesTransport CreateTransport() => new(KubernetesClientConfiguration.BuildConfigFromConfigFile(KubeConfig));

    /// <summary>Asks the process to end, as Kubernetes does, and returns its exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        return await WaitForExitAsync();
    }

    public async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await _reading;
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        await _reading;
        _process.Dispose();
        if (KubeConfig.Length > 0)
        {
            File.Delete(KubeConfig);
        }
    }

    private static OperatorProcess Start(string? kubeConfig, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        start.ArgumentList.Add(typeof(OperatorCommand).Assembly.Location);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // What this machine happens to say in its environment is not what is tested.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("CRMONITOR_", StringComparison.Ordinal) || name is "KUBECONFIG").ToList())
        {
            start.Environment.Remove(name);
        }

        return new OperatorProcess(Process.Start(start)!) { KubeConfig = kubeConfig ?? "" };
    }

    private async Task ReadAsync(StreamReader reader, List<string> lines)
    {
        while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
        {
            lock (_gate)
            {
                lines.Add(line);
            }
        }
    }

    private string Text(List<string> lines)
    {
        lock (_gate)
        {
            return string.Join('\n', lines);
        }
    }

    private bool Fail()
    {
        Assert.Fail($"The operator ended with exit code {_process.ExitCode}.\n{Output}\n{Error}");
        return false;
    }

    [GeneratedRegex("""Serving (?<what>\w+) at (?<url>[^\s"]+)""")]
    private static partial Regex ServingLine();
}
