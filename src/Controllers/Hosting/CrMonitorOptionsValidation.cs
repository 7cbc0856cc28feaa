using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace CrMonitor.Controllers;

/// <summary>Finds mistakes in the options before anything starts.</summary>
internal sealed partial class CrMonitorOptionsValidation : IValidateOptions<CrMonitorOptions>
{
    // What Kubernetes accepts as field manager and as reportingController.
    private const int LongestName = 128;

    public ValidateOptionsResult Validate(string? name, CrMonitorOptions options)
    {
        var mistakes = new List<string>();
        CheckName(mistakes, nameof(options.FieldManager), options.FieldManager);
        CheckName(mistakes, nameof(options.ReportingController), options.ReportingController);
        CheckName(mistakes, nameof(options.ReportingInstance), options.ReportingInstance);
        if (options.Namespaces.Any(string.IsNullOrWhiteSpace))
        {
            mistakes.Add($"{nameof(options.Namespaces)} has an empty name in it. Leave the list empty to watch all namespaces.");
        }

        if (options.ShutdownGracePeriod < TimeSpan.Zero && options.ShutdownGracePeriod != Timeout.InfiniteTimeSpan)
        {
            mistakes.Add(
                $"{nameof(options.ShutdownGracePeriod)} is negative ({options.ShutdownGracePeriod}). Zero cancels running reconciles at once; "
                + $"{Timeout.InfiniteTimeSpan} ({nameof(Timeout)}.{nameof(Timeout.InfiniteTimeSpan)}) never does.");
        }

        if (options.StuckAfter <= TimeSpan.Zero)
        {
            mistakes.Add($"{nameof(options.StuckAfter)} must be positive, not {options.StuckAfter}.");
        }

        if (options.SyncTimeout <= TimeSpan.Zero)
        {
            mistakes.Add($"{nameof(options.SyncTimeout)} must be positive, not {options.SyncTimeout}.");
        }

        CheckLength(mistakes, nameof(options.ShutdownGracePeriod), options.ShutdownGracePeriod);
        CheckLength(mistakes, nameof(options.StuckAfter), options.StuckAfter);
        CheckLength(mistakes, nameof(options.SyncTimeout), options.SyncTimeout);
        if (options.LeaderElection is { } election)
        {
            CheckLength(mistakes, $"{nameof(options.LeaderElection)}.{nameof(election.LeaseDuration)}", election.LeaseDuration);
            Check(mistakes, election);
        }

        return mistakes.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(mistakes);
    }

    private static void Check(List<string> mistakes, LeaderElectionOptions election)
    {
        const string Section = nameof(CrMonitorOptions.LeaderElection);
        if (string.IsNullOrEmpty(election.LeaseName) || election.LeaseName.Length > 253 || !SubdomainName().IsMatch(election.LeaseName))
        {
            mistakes.Add(
                $"{Section}.{nameof(election.LeaseName)} is '{election.LeaseName}'. It names a Lease: lower case letters, digits, "
                + "'-' and '.', at most 253; the same in all copies of the program.");
        }

        if (string.IsNullOrEmpty(election.LeaseNamespace))
        {
            mistakes.Add(
                $"{Section}.{nameof(election.LeaseNamespace)} is not set, and this process does not run in a pod whose namespace could be taken. "
                + "Name the namespace of the Lease.");
        }

        if (string.IsNullOrEmpty(election.Identity))
        {
            mistakes.Add($"{Section}.{nameof(election.Identity)} is empty. Leave it out for one that is made up, or give each process its own.");
        }

        if (election.LeaseDuration < TimeSpan.FromSeconds(1))
        {
            mistakes.Add($"{Section}.{nameof(election.LeaseDuration)} is {election.LeaseDuration}. A Lease counts in seconds: use one at least.");
        }

        if (election.RetryPeriod <= TimeSpan.Zero)
        {
            mistakes.Add($"{Section}.{nameof(election.RetryPeriod)} must be positive, not {election.RetryPeriod}.");
        }

        if (election.RenewDeadline >= election.LeaseDuration)
        {
            mistakes.Add(
                $"{Section}.{nameof(election.RenewDeadline)} ({election.RenewDeadline}) must be shorter than {nameof(election.LeaseDuration)} "
                + $"({election.LeaseDuration}): the difference is the time that a lost leader has to stop before another one begins.");
        }

        if (election.RenewDeadline <= election.RetryPeriod * 1.2)
        {
            mistakes.Add(
                $"{Section}.{nameof(election.RenewDeadline)} ({election.RenewDeadline}) must be longer than 1.2 times {nameof(election.RetryPeriod)} "
                + $"({election.RetryPeriod}): else one lost request costs the leadership.");
        }
    }

    private static void CheckLength(List<string> mistakes, string option, TimeSpan time)
    {
        if (time > TimerLimit.Longest)
        {
            mistakes.Add($"{option} is {time}. Timers wait for {TimerLimit.Longest.TotalDays:0} days at most.");
        }
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex SubdomainName();

    private static void CheckName(List<string> mistakes, string option, string? value)
    {
        if (string.IsNullOrEmpty(value) || value.Length > LongestName || value.Any(char.IsControl))
        {
            mistakes.Add($"{option} is '{value}'. Kubernetes wants 1 to {LongestName} printable characters.");
        }
    }
}
