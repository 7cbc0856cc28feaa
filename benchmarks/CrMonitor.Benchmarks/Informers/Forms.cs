using System.CommandLine;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>The option that chooses a <see cref="Form"/>.</summary>
internal static class Forms
{
    /// <summary>For a verb that holds objects.</summary>
    public static Option<Form> CreateOption()
    {
        var option = CreateOption("The form in which objects are held: typed, dynamic or metadata.");
        option.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<Form>() == Form.Reader)
            {
                result.AddError("'--kind reader' holds no objects. Choose typed, dynamic or metadata.");
            }
        });
        return option;
    }

    /// <summary>For a verb that can do without objects.</summary>
    public static Option<Form> CreateOptionWithReader() =>
        CreateOption("The form in which objects are held: typed, dynamic or metadata; reader: the same bytes are read and none is held, the floor.");

    /// <summary>Refuses a reader that is not to read a stream.</summary>
    public static void RefuseReaderOfLists(Command command, Option<Form> form, Option<bool> streaming) => command.Validators.Add(result =>
    {
        if (result.GetValue(form) == Form.Reader && result.GetResult(streaming) is { Implicit: false } given && !given.GetValueOrDefault<bool>())
        {
            result.AddError("'--kind reader' reads one stream and nothing else: it cannot do '--streaming false'.");
        }
    });

    private static Option<Form> CreateOption(string description) =>
        new("--kind") { Description = description, DefaultValueFactory = _ => Form.Typed };
}
