using System.CommandLine;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>The option that chooses a <see cref="Form"/>.</summary>
internal static class Forms
{
    public static Option<Form> CreateOption() =>
        new("--kind") { Description = "The form in which objects are held.", DefaultValueFactory = _ => Form.Typed };
}
