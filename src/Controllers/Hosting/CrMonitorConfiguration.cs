using System.Globalization;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace CrMonitor.Controllers;

/// <summary>What the host's configuration says in its section <c>CrMonitor</c>. A name or a value that means nothing fails the start.</summary>
/// <remarks>Read by hand and not by a binder, which would pass over a misspelt name.</remarks>
internal sealed partial class CrMonitorConfiguration(IConfiguration? configuration)
{
    private const string Root = "CrMonitor";

    private static readonly string[] OptionNames =
    [
        nameof(CrMonitorOptions.Namespaces), nameof(CrMonitorOptions.Selectors), nameof(CrMonitorOptions.SelectorsByNamespace), Caches,
        nameof(CrMonitorOptions.FieldManager), nameof(CrMonitorOptions.ReportingController), nameof(CrMonitorOptions.ReportingInstance),
        nameof(CrMonitorOptions.ShutdownGracePeriod), nameof(CrMonitorOptions.StuckAfter), nameof(CrMonitorOptions.SyncTimeout),
        nameof(CrMonitorOptions.LeaderElection), nameof(Controllers),
    ];

    private static readonly string[] ElectionNames =
    [
        "Enabled", nameof(LeaderElectionOptions.LeaseName), nameof(LeaderElectionOptions.LeaseNamespace), nameof(LeaderElectionOptions.Identity),
        nameof(LeaderElectionOptions.LeaseDuration), nameof(LeaderElectionOptions.RenewDeadline), nameof(LeaderElectionOptions.RetryPeriod),
        nameof(LeaderElectionOptions.ReleaseOnStop),
    ];

    private static readonly string[] ControllerSettings = ["Concurrency", "Order", "Timeout", "Resync", "Retry"];

    private static readonly string[] RetrySettings = ["First", "Longest"];

    private readonly IConfigurationSection? _section = configuration?.GetSection(Root);

    /// <summary>The names of the controllers that the configuration speaks of.</summary>
    public IEnumerable<string> ControllerNames => Controllers?.GetChildren().Select(child => child.Key) ?? [];

    private IConfigurationSection? Controllers => _section?.GetSection("Controllers");

    public void Apply(CrMonitorOptions options)
    {
        if (_section is null)
        {
            return;
        }

        var mistakes = new List<string>();
        foreach (var child in _section.GetChildren())
        {
            switch (Name(child, OptionNames))
            {
                case nameof(options.Namespaces):
                    if (Namespaces(child, mistakes) is { } namespaces)
                    {
                        options.Namespaces.Clear();
                        namespaces.ForEach(options.Namespaces.Add);
                    }

                    break;
                case nameof(options.Selectors):
                    options.Selectors = Selectors(child, mistakes);
                    break;
                case nameof(options.SelectorsByNamespace):
                    foreach (var (ns, selectors) in SelectorsByNamespace(child, mistakes))
                    {
                        options.SelectorsByNamespace[ns] = selectors;
                    }

                    break;
                case Caches:
                    foreach (var cache in Members(child, "RESOURCE", mistakes))
                    {
                        options.ConfiguredCaches[cache.Key] = Scope(cache, mistakes);
                    }

                    break;
                case nameof(options.FieldManager):
                    options.FieldManager = child.Value;
                    break;
                case nameof(options.ReportingController):
                    options.ReportingController = child.Value;
                    break;
                case nameof(options.ReportingInstance):
                    options.ReportingInstance = child.Value ?? "";
                    break;
                case nameof(options.ShutdownGracePeriod):
                    Time(child, mistakes, value => options.ShutdownGracePeriod = value);
                    break;
                case nameof(options.StuckAfter):
                    Time(child, mistakes, value => options.StuckAfter = value);
                    break;
                case nameof(options.SyncTimeout):
                    Time(child, mistakes, value => options.SyncTimeout = value);
                    break;
                case nameof(options.LeaderElection):
                    Apply(child, options, mistakes);
                    break;
                case nameof(Controllers):
                    break;
                default:
                    mistakes.Add(Unknown(child, OptionNames));
                    break;
            }
        }

        ThrowIfAny(mistakes);
    }

    /// <summary>Sets what the configuration says of one controller.</summary>
    public void Apply<T>(string name, ControllerBuilder<T> controller)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var mistakes = new List<string>();
        foreach (var child in Controllers is { } controllers ? Members(controllers.GetSection(name), "Concurrency", mistakes) : [])
        {
            switch (Name(child, ControllerSettings))
            {
                case "Concurrency":
                    Parsed(
                        child, mistakes, int.TryParse(child.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var workers) && workers > 0,
                        "a number from 1", () => controller.Concurrency(workers));
                    break;
                case "Order":
                    Parsed(
                        child, mistakes, Enum.TryParse<ReconcileOrder>(child.Value, ignoreCase: true, out var order) && Enum.IsDefined(order),
                        $"one of {string.Join(", ", Enum.GetNames<ReconcileOrder>())}", () => controller.Order(order));
                    break;
                case "Timeout":
                    PositiveTime(child, mistakes, TimeSpan.FromTicks(1), value => controller.Timeout(value));
                    break;
                case "Resync":
                    PositiveTime(child, mistakes, TimeSpan.FromSeconds(1), value => controller.Resync(value));
                    break;
                case "Retry":
                    Retry(child, mistakes, controller);
                    break;
                default:
                    mistakes.Add(Unknown(child, ControllerSettings));
                    break;
            }
        }

        ThrowIfAny(mistakes);
    }

    /// <summary>Throws if the configuration speaks of controllers that there are not.</summary>
    public void CheckNames(IReadOnlyCollection<string> controllers) => ThrowIfAny([..
        from name in ControllerNames
        where !controllers.Contains(name, StringComparer.OrdinalIgnoreCase)
        select $"{Controllers!.Path}:{name}: there is no controller of that name. There are: {string.Join(", ", controllers)}."]);

    private static void Apply(IConfigurationSection section, CrMonitorOptions options, List<string> mistakes)
    {
        var election = options.LeaderElection ?? new LeaderElectionOptions();
        options.LeaderElection = election;
        if (section.Value is { Length: > 0 })
        {
            Parsed(
                section, mistakes, bool.TryParse(section.Value, out var isWanted), "true, false, or settings of its own",
                () => options.LeaderElection = isWanted ? election : null);
        }

        foreach (var child in section.GetChildren())
        {
            switch (Name(child, ElectionNames))
            {
                case "Enabled":
                    Parsed(
                        child, mistakes, bool.TryParse(child.Value, out var isEnabled), "true or false",
                        () => options.LeaderElection = isEnabled ? election : null);
                    break;
                case nameof(election.LeaseName):
                    election.LeaseName = child.Value;
                    break;
                case nameof(election.LeaseNamespace):
                    election.LeaseNamespace = child.Value;
                    break;
                case nameof(election.Identity):
                    election.Identity = child.Value;
                    break;
                case nameof(election.LeaseDuration):
                    Time(child, mistakes, value => election.LeaseDuration = value);
                    break;
                case nameof(election.RenewDeadline):
                    Time(child, mistakes, value => election.RenewDeadline = value);
                    break;
                case nameof(election.RetryPeriod):
                    Time(child, mistakes, value => election.RetryPeriod = value);
                    break;
                case nameof(election.ReleaseOnStop):
                    Parsed(child, mistakes, bool.TryParse(child.Value, out var releases), "true or false", () => election.ReleaseOnStop = releases);
                    break;
                default:
                    mistakes.Add(Unknown(child, ElectionNames));
                    break;
            }
        }
    }

    private static void Retry<T>(IConfigurationSection section, List<string> mistakes, ControllerBuilder<T> controller)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        TimeSpan? first = null;
        TimeSpan? longest = null;
        foreach (var child in section.GetChildren())
        {
            switch (Name(child, RetrySettings))
            {
                case "First":
                    PositiveTime(child, mistakes, TimeSpan.FromTicks(1), value => first = value);
                    break;
                case "Longest":
                    PositiveTime(child, mistakes, TimeSpan.FromTicks(1), value => longest = value);
                    break;
                default:
                    mistakes.Add(Unknown(child, RetrySettings));
                    return;
            }
        }

        if (first is { } from && longest is { } to && from <= to)
        {
            controller.Retry(from, to);
        }
        else if (mistakes.Count == 0)
        {
            mistakes.Add($"{section.Path}: name both First and Longest, the second not shorter than the first, such as 00:00:01 and 00:05:00.");
        }
    }

    private static void Time(IConfigurationSection value, List<string> mistakes, Action<TimeSpan> set) => Parsed(
        value, mistakes, TimeSpan.TryParse(value.Value, CultureInfo.InvariantCulture, out var time), "a time such as 00:00:30", () => set(time));

    private static void PositiveTime(IConfigurationSection value, List<string> mistakes, TimeSpan least, Action<TimeSpan> set) => Parsed(
        value, mistakes, TimeSpan.TryParse(value.Value, CultureInfo.InvariantCulture, out var time) && time >= least && time <= TimerLimit.Longest,
        (least.TotalSeconds >= 1 ? "a time of a second or more, such as 00:10:00" : "a time such as 00:00:30")
            + $", of {TimerLimit.Longest.TotalDays:0} days at most",
        () => set(time));

    private static void Parsed(IConfigurationSection value, List<string> mistakes, bool isParsed, string expected, Action set)
    {
        if (isParsed)
        {
            set();
        }
        else
        {
            mistakes.Add($"{value.Path} is '{value.Value}'. Expected {expected}.");
        }
    }

    // As it is written here, since configurations do not tell upper from lower case.
    private static string? Name(IConfigurationSection child, string[] known) =>
        Array.Find(known, name => name.Equals(child.Key, StringComparison.OrdinalIgnoreCase));

    private static string Unknown(IConfigurationSection value, string[] known) =>
        $"{value.Path} is not a setting. There are: {string.Join(", ", known)}.";

    private static void ThrowIfAny(List<string> mistakes)
    {
        if (mistakes.Count > 0)
        {
            throw new OptionsValidationException(Root, typeof(CrMonitorOptions), mistakes);
        }
    }
}
