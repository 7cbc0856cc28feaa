using System.CommandLine;
using CrMonitor.Informers;

namespace CrMonitor.Benchmarks.Informers;

/// <summary><c>decode</c>: decodes one input several times and prints one line of JSON a repetition.</summary>
internal static class DecodeCommand
{
    private const ulong Version = 1_000_000;

    public static Command Create()
    {
        var what = new Option<DecodeWorkload>("--what") { Description = "What is decoded.", Required = true };
        var form = Forms.CreateOptionWithReader();
        var count = new Option<int>("--n") { Description = "How many objects, or distinct events.", DefaultValueFactory = _ => 10_000 };
        var rounds = new Option<int>("--rounds") { Description = "How often a repetition decodes the input.", DefaultValueFactory = _ => 5 };
        var command = new Command("decode", "Decodes Applications as an informer does.") { what, form, count, rounds };
        var repetitions = new Repetitions(command, warmUps: 2);
        command.SetAction(result =>
        {
            var settings = new DecodeSettings(result.GetValue(what), result.GetValue(form), result.GetValue(count), result.GetValue(rounds));
            var run = CreateRun(settings.What, settings.Form, settings.Count);
            return repetitions.RunAsync(result, i => new ValueTask<DecodeResult>(DecodeResult.Measure(settings, run, i)));
        });
        return command;
    }

    public static IDecodeRun CreateRun(DecodeWorkload what, Form form, int count)
    {
        var input = what == DecodeWorkload.Events ? Applications.Events(count, Version + 1) : Applications.List(count, Version);
        return form switch
        {
            Form.Reader => new ReaderRun(what, input, count),
            Form.Dynamic => new DecodeRun<DynamicObject>(what, DynamicObject.Of(Application.Resource), input, count),
            Form.Metadata => new DecodeRun<PartialObjectMetadata>(what, PartialObjectMetadata.Of(Application.Resource), input, count),
            _ => new DecodeRun<Application>(what, Application.Resource, input, count),
        };
    }
}
