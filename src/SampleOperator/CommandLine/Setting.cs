using System.CommandLine;

namespace CrMonitor.SampleOperator;

/// <summary>One thing that can be set: by a flag, else by an environment variable, else by default.</summary>
internal abstract class Setting
{
    private const string EnvironmentPrefix = "CRMONITOR_";

    protected Setting(string name, string group, string valueName, string description, string? defaultText)
    {
        (Flag, Group, ValueName, Description, DefaultText) = ("--" + name, group, valueName, description, defaultText);
        Variable = EnvironmentPrefix + name.Replace('-', '_').ToUpperInvariant();
    }

    public string Flag { get; }

    /// <summary>The environment variable that is read where the flag is not given.</summary>
    public string Variable { get; }

    /// <summary>The heading under which <c>--help</c> shows it.</summary>
    public string Group { get; }

    /// <summary>What stands for the value in <c>--help</c>; empty for a switch.</summary>
    public string ValueName { get; }

    public string Description { get; }

    public string? DefaultText { get; }

    public abstract Option Option { get; }
}
