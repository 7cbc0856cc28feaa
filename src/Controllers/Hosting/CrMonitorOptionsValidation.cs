using Microsoft.Extensions.Options;

namespace CrMonitor.Controllers;

/// <summary>Finds mistakes in the options before anything starts.</summary>
internal sealed class CrMonitorOptionsValidation : IValidateOptions<CrMonitorOptions>
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

        if (options.ShutdownGracePeriod < TimeSpan.Zero)
        {
            mistakes.Add($"{nameof(options.ShutdownGracePeriod)} is negative ({options.ShutdownGracePeriod}). Zero cancels running reconciles at once.");
        }

        if (options.StuckAfter <= TimeSpan.Zero)
        {
            mistakes.Add($"{nameof(options.StuckAfter)} must be positive, not {options.StuckAfter}.");
        }

        return mistakes.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(mistakes);
    }

    private static void CheckName(List<string> mistakes, string option, string? value)
    {
        if (string.IsNullOrEmpty(value) || value.Length > LongestName || value.Any(char.IsControl))
        {
            mistakes.Add($"{option} is '{value}'. Kubernetes wants 1 to {LongestName} printable characters.");
        }
    }
}
