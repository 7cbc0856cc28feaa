using System.CommandLine;
using System.CommandLine.Invocation;

namespace CrMonitor.SampleOperator;

/// <summary><c>--help</c>: the settings under their headings, each with its default and its environment variable.</summary>
internal sealed class GroupedHelp(string summary, IReadOnlyList<Setting> settings) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine(summary);
        output.WriteLine();
        output.WriteLine("Usage: CrMonitor.SampleOperator [flags]");

        var width = settings.Max(setting => Left(setting).Length) + 2;
        foreach (var group in settings.GroupBy(setting => setting.Group))
        {
            output.WriteLine();
            output.WriteLine($"{group.Key}:");
            foreach (var setting in group)
            {
                var @default = setting.DefaultText is null ? "" : $" Default: {setting.DefaultText}.";
                output.WriteLine($"  {Left(setting).PadRight(width)}{setting.Description}{@default}");
            }
        }

        output.WriteLine();
        output.WriteLine("Other:");
        output.WriteLine($"  {"--help, -h".PadRight(width)}Show this.");
        output.WriteLine($"  {"--version".PadRight(width)}Show the version.");
        output.WriteLine();
        output.WriteLine("Where a flag is not given, its environment variable counts:");
        foreach (var setting in settings)
        {
            output.WriteLine($"  {setting.Flag.PadRight(width)}{setting.Variable}");
        }

        output.WriteLine();
        output.WriteLine("Traces are exported over OTLP where OTEL_EXPORTER_OTLP_ENDPOINT is set.");
        return 0;
    }

    private static string Left(Setting setting) => setting.ValueName.Length == 0 ? setting.Flag : $"{setting.Flag} {setting.ValueName}";
}
