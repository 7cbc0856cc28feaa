using Microsoft.Extensions.Logging;

namespace CrMonitor.SampleOperator.Tests;

public sealed class CommandLineTests
{
    private readonly Dictionary<string, string> _environment = [];
    private string _output = "";

    [Fact]
    public void Without_flags_the_defaults_of_the_help_hold()
    {
        var settings = Parse()!;

        Assert.False(settings.Embedded);
        Assert.False(settings.InstallCrd);
        Assert.False(settings.LeaderElect);
        Assert.Equal(new BindAddress("", 8080), settings.Metrics);
        Assert.Equal(new BindAddress("", 8081), settings.HealthProbes);
        Assert.Equal("crmonitor.kubeconfig", settings.KubeConfigOut);
        Assert.Empty(settings.Namespaces);
        Assert.Equal(LogFormat.Text, settings.LogFormat);
        Assert.Equal(LogLevel.Information, settings.LogLevel);
    }

    [Fact]
    public void Every_flag_is_read()
    {
        var settings = Parse(
            "--kubeconfig", "/tmp/k", "--context=c", "--namespace", "a", "--namespace=b", "--install-crd", "--leader-elect",
            "--leader-election-namespace", "system", "--metrics-bind-address", "127.0.0.1:9090",
            "--health-probe-bind-address=0", "--log-format", "json", "--log-level", "debug")!;

        Assert.Equal("/tmp/k", settings.KubeConfig);
        Assert.Equal("c", settings.Context);
        Assert.Equal(["a", "b"], settings.Namespaces);
        Assert.True(settings.InstallCrd);
        Assert.True(settings.LeaderElect);
        Assert.Equal("system", settings.LeaderElectionNamespace);
        Assert.Equal(new BindAddress("127.0.0.1", 9090), settings.Metrics);
        Assert.True(settings.HealthProbes.IsOff);
        Assert.Equal(LogFormat.Json, settings.LogFormat);
        Assert.Equal(LogLevel.Debug, settings.LogLevel);

        var embedded = Parse("--embedded", "--embedded-port", "7000", "--kubeconfig-out", "out.yaml")!;
        Assert.True(embedded.Embedded);
        Assert.Equal(7000, embedded.EmbeddedPort);
        Assert.Equal("out.yaml", embedded.KubeConfigOut);
    }

    [Fact]
    public void A_flag_goes_before_its_environment_variable_and_that_before_the_default()
    {
        _environment["CRMONITOR_METRICS_BIND_ADDRESS"] = ":1111";
        _environment["CRMONITOR_HEALTH_PROBE_BIND_ADDRESS"] = ":2222";
        _environment["CRMONITOR_NAMESPACE"] = "a, b";
        _environment["CRMONITOR_EMBEDDED"] = "true";
        _environment["CRMONITOR_LOG_LEVEL"] = "";

        var settings = Parse("--metrics-bind-address", ":3333")!;

        Assert.Equal(3333, settings.Metrics.Port);
        Assert.Equal(2222, settings.HealthProbes.Port);
        Assert.Equal(["a", "b"], settings.Namespaces);
        Assert.True(settings.Embedded);
        Assert.False(Parse("--embedded=false")!.Embedded);
        Assert.Equal(LogLevel.Information, settings.LogLevel);
    }

    [Theory]
    [InlineData("--metrics-bind-address 8080", "--metrics-bind-address 8080: expected host:port, :port for all addresses, or 0 for off")]
    [InlineData("--embedded --embedded-port 70000", "--embedded-port 70000: expected a port")]
    [InlineData("--log-format xml", "--log-format xml: expected text, json")]
    [InlineData("--log-level loud", "--log-level loud: expected trace, debug,")]
    [InlineData("--namespace Shop", "'Shop' is not a namespace")]
    [InlineData("--no-such-flag", "--no-such-flag")]
    [InlineData("surplus", "surplus")]
    [InlineData("--embedded --context c", "--context (or CRMONITOR_CONTEXT) makes no sense here: --embedded starts its own API server.")]
    [InlineData("--embedded-port 7000", "--embedded-port (or CRMONITOR_EMBEDDED_PORT) makes no sense here: --embedded is not given.")]
    public void A_mistake_is_one_line_that_names_it(string commandLine, string message)
    {
        var exception = Assert.Throws<UsageException>(() => Parse(commandLine.Split(' ')));

        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Fact]
    public void A_mistake_in_the_environment_names_the_variable()
    {
        _environment["CRMONITOR_EMBEDDED"] = "perhaps";

        var exception = Assert.Throws<UsageException>(() => Parse());

        Assert.Equal("CRMONITOR_EMBEDDED=perhaps: expected true or false", exception.Message);
    }

    [Fact]
    public void Help_lists_every_flag_under_a_heading_with_its_variable()
    {
        Assert.Null(Parse("--help"));

        var help = _output;
        Assert.Contains("Embedded API server:", help, StringComparison.Ordinal);
        Assert.Contains("Metrics and health:", help, StringComparison.Ordinal);
        Assert.Contains("Default: :8080.", help, StringComparison.Ordinal);
        Assert.All(OperatorCommand.Settings, setting =>
        {
            Assert.Contains(setting.Flag, help, StringComparison.Ordinal);
            Assert.Contains(setting.Variable, help, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("0", null, 0)]
    [InlineData(":8080", "", 8080)]
    [InlineData("localhost:0", "localhost", 0)]
    [InlineData("[::1]:80", "[::1]", 80)]
    public void A_bind_address_has_three_forms(string text, string? host, int port) =>
        Assert.Equal(new BindAddress(host, port), BindAddress.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData(":-1")]
    [InlineData(":65536")]
    [InlineData("example.com:80")]
    [InlineData("::1:80")]
    public void Anything_else_is_no_bind_address(string text) => Assert.Throws<FormatException>(() => BindAddress.Parse(text));

    private OperatorSettings? Parse(params string[] args)
    {
        using var output = new StringWriter();
        var settings = new OperatorCommand().Parse(args, name => _environment.GetValueOrDefault(name), output);
        _output = output.ToString();
        return settings;
    }
}
