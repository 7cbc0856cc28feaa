using Microsoft.Extensions.Logging;

namespace CrMonitor.SampleOperator;

/// <summary>All that can be said on the command line or in the environment; see <see cref="OperatorCommand"/> for meanings and defaults.</summary>
internal sealed record OperatorSettings
{
    public bool Embedded { get; init; }

    public int EmbeddedPort { get; init; }

    public required string KubeConfigOut { get; init; }

    public string? KubeConfig { get; init; }

    public string? Context { get; init; }

    public IReadOnlyList<string> Namespaces { get; init; } = [];

    public bool InstallCrd { get; init; }

    public bool LeaderElect { get; init; }

    public string? LeaderElectionNamespace { get; init; }

    public BindAddress Metrics { get; init; }

    public BindAddress HealthProbes { get; init; }

    public LogFormat LogFormat { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Information;
}
