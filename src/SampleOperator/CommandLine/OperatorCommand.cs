using System.CommandLine;
using System.CommandLine.Help;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;

namespace CrMonitor.SampleOperator;

/// <summary>The operator's command line.</summary>
internal sealed class OperatorCommand
{
    private const string EmbeddedGroup = "Embedded API server";
    private const string ClusterGroup = "Cluster";
    private const string EndpointsGroup = "Metrics and health";
    private const string LoggingGroup = "Logging";

    private static readonly Setting<bool> Embedded = Setting<bool>.Switch(
        "embedded", EmbeddedGroup, "Start an API server in this process, with the CRD and a sample Application, and work on it.", false, ParseBoolean);

    private static readonly Setting<int> EmbeddedPort = Setting<int>.Single(
        "embedded-port", EmbeddedGroup, "PORT", "The port of the embedded API server on 127.0.0.1.", 0, ParsePort, "a free one");

    private static readonly Setting<string> KubeConfigOut = Setting<string>.Single(
        "kubeconfig-out", EmbeddedGroup, "PATH", "Where to write the kubeconfig of the embedded API server.", "crmonitor.kubeconfig", ParseText,
        "./crmonitor.kubeconfig");

    private static readonly Setting<string?> KubeConfig = Setting<string?>.Single(
        "kubeconfig", ClusterGroup, "PATH", "The kubeconfig that names the cluster.", null, ParseText, "$KUBECONFIG, ~/.kube/config, else in-cluster");

    private static readonly Setting<string?> Context = Setting<string?>.Single(
        "context", ClusterGroup, "NAME", "The context of the kubeconfig to use.", null, ParseText, "its current context");

    private static readonly Setting<IReadOnlyList<string>> Namespaces = Setting<IReadOnlyList<string>>.List(
        "namespace", ClusterGroup, "NAME", "Work in this namespace only. May be given several times.", [], ParseNamespaces, "all namespaces");

    private static readonly Setting<bool> InstallCrd = Setting<bool>.Switch(
        "install-crd", ClusterGroup, "Apply the CustomResourceDefinition of Application at the start.", false, ParseBoolean);

    private static readonly Setting<bool> LeaderElect = Setting<bool>.Switch(
        "leader-elect", ClusterGroup, "Let one copy of the operator work at a time, over a Lease; the others stand by.", false, ParseBoolean);

    private static readonly Setting<string?> LeaderElectionNamespace = Setting<string?>.Single(
        "leader-election-namespace", ClusterGroup, "NAME", "The namespace of that Lease.", null, text => ParseNamespaces([text])[0],
        "in a cluster the pod's");

    private static readonly Setting<BindAddress> Metrics = Setting<BindAddress>.Single(
        "metrics-bind-address", EndpointsGroup, "ADDRESS", "Where /metrics is served: host:port, :port, or 0 for off.", new BindAddress("", 8080),
        BindAddress.Parse, ":8080");

    private static readonly Setting<BindAddress> HealthProbes = Setting<BindAddress>.Single(
        "health-probe-bind-address", EndpointsGroup, "ADDRESS", "Where /healthz and /readyz are served: host:port, :port, or 0 for off.",
        new BindAddress("", 8081), BindAddress.Parse, ":8081");

    private static readonly Setting<LogFormat> Format = Setting<LogFormat>.Single(
        "log-format", LoggingGroup, "FORMAT", "How log lines are written: text or json.", LogFormat.Text, ParseName<LogFormat>, "text");

    private static readonly Setting<LogLevel> Level = Setting<LogLevel>.Single(
        "log-level", LoggingGroup, "LEVEL", "The least severe level that is logged: trace, debug, information, warning, error, critical or none.",
        LogLevel.Information, ParseLogLevel, "information");

    /// <summary>All settings, in the order of <c>--help</c>.</summary>
    public static IReadOnlyList<Setting> Settings { get; } =
        [
            Embedded, EmbeddedPort, KubeConfigOut, KubeConfig, Context, Namespaces, InstallCrd, LeaderElect, LeaderElectionNamespace, Metrics,
            HealthProbes, Format, Level,
        ];

    private readonly RootCommand _root = new("An operator that runs Applications (applications.example.com) as Deployments.");

    public OperatorCommand()
    {
        foreach (var setting in Settings)
        {
            _root.Add(setting.Option);
        }

        _root.Options.OfType<HelpOption>().Single().Action = new GroupedHelp(_root.Description!, Settings);
    }

    /// <summary>Reads the command line, and the environment for what it does not say.</summary>
    /// <returns>
    /// The settings; <see langword="null"/> if the command line asked for help or the version, which has been written to <paramref name="output"/>.
    /// </returns>
    /// <exception cref="UsageException">Something in them cannot be understood, or does not go together.</exception>
    public OperatorSettings? Parse(IReadOnlyList<string> args, Func<string, string?> environment, TextWriter output)
    {
        var result = _root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (result.Errors is [var error, ..])
        {
            throw new UsageException(error.Message);
        }

        if (result.Action is not null)
        {
            result.Invoke(new InvocationConfiguration { Output = output });
            return null;
        }

        var embedded = Embedded.Read(result, environment).Value;
        RefuseTogether(embedded, "--embedded starts its own API server", KubeConfig, Context);
        RefuseTogether(!embedded, "--embedded is not given", EmbeddedPort, KubeConfigOut);

        return new OperatorSettings
        {
            Embedded = embedded,
            EmbeddedPort = Value(EmbeddedPort),
            KubeConfigOut = Value(KubeConfigOut),
            KubeConfig = Value(KubeConfig),
            Context = Value(Context),
            Namespaces = Value(Namespaces),
            InstallCrd = Value(InstallCrd),
            LeaderElect = Value(LeaderElect),
            LeaderElectionNamespace = Value(LeaderElectionNamespace),
            Metrics = Value(Metrics),
            HealthProbes = Value(HealthProbes),
            LogFormat = Value(Format),
            LogLevel = Value(Level),
        };

        T Value<T>(Setting<T> setting) => setting.Read(result, environment).Value;

        void RefuseTogether<TFirst, TSecond>(bool applies, string because, Setting<TFirst> first, Setting<TSecond> second)
        {
            if (applies && first.Read(result, environment).IsSet)
            {
                throw new UsageException($"{first.Flag} (or {first.Variable}) makes no sense here: {because}.");
            }

            if (applies && second.Read(result, environment).IsSet)
            {
                throw new UsageException($"{second.Flag} (or {second.Variable}) makes no sense here: {because}.");
            }
        }
    }

    private static string ParseText(string text) => text.Length > 0 ? text : throw new FormatException("expected a value");

    private static bool ParseBoolean(string text) =>
        bool.TryParse(text, out var value) ? value : throw new FormatException("expected true or false");

    private static int ParsePort(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort
            ? port
            : throw new FormatException("expected a port from 1 to 65535, or 0 for a free one");

    private static TEnum ParseName<TEnum>(string text)
        where TEnum : struct, Enum =>
        Enum.GetNames<TEnum>().Contains(text, StringComparer.OrdinalIgnoreCase)
            ? Enum.Parse<TEnum>(text, ignoreCase: true)
            : throw new FormatException($"expected {string.Join(", ", Enum.GetNames<TEnum>().Select(name => name.ToLowerInvariant()))}");

    private static LogLevel ParseLogLevel(string text) => text.ToUpperInvariant() switch
    {
        "INFO" => LogLevel.Information,
        "WARN" => LogLevel.Warning,
        _ => ParseName<LogLevel>(text),
    };

    private static IReadOnlyList<string> ParseNamespaces(IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            if (name.Length is 0 or > 63 || name[0] == '-' || name[^1] == '-' || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
            {
                throw new FormatException($"'{name}' is not a namespace: expected lower case letters, digits and '-', at most 63");
            }
        }

        return [.. names.Distinct()];
    }
}
