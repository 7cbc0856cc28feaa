using System.CommandLine;
using System.Text.Json;
using CrMonitor.Informers;

namespace CrMonitor.Benchmarks.Informers;

/// <summary><c>decode</c>: decodes one input several times and prints one line a repetition.</summary>
internal static class DecodeCommand
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static RootCommand Create()
    {
        var what = new Option<DecodeWorkload>("--what") { Description = "What is decoded.", Required = true };
        var form = new Option<Form>("--kind") { Description = "The form in which objects are held.", DefaultValueFactory = _ => Form.Typed };
        var count = new Option<int>("--n") { Description = "How many objects, or distinct events.", DefaultValueFactory = _ => 10_000 };
        var rounds = new Option<int>("--rounds") { Description = "How often a repetition decodes the input.", DefaultValueFactory = _ => 5 };
        var repetitions = new Option<int>("--reps") { Description = "How many measured repetitions.", DefaultValueFactory = _ => 5 };
        var warmUps = new Option<int>("--warmups") { Description = "How many repetitions before that.", DefaultValueFactory = _ => 2 };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var decode = new Command("decode", "Decodes Applications as an informer does.") { what, form, count, rounds, repetitions, warmUps, json };
        decode.SetAction(result =>
        {
            var run = CreateRun(result.GetValue(what), result.GetValue(form), result.GetValue(count));
            for (var i = -result.GetValue(warmUps); i < result.GetValue(repetitions); i++)
            {
                var measured = DecodeResult.Measure(
                    result.GetValue(what), result.GetValue(form), run, result.GetValue(count), result.GetValue(rounds), i);
                if (i >= 0)
                {
                    Console.WriteLine(result.GetValue(json) ? JsonSerializer.Serialize(measured, Json) : measured.ToString());
                }
            }
        });
        return new RootCommand("Benchmarks of CrMonitor.") { decode };
    }

    public static IDecodeRun CreateRun(DecodeWorkload what, Form form, int count) => form switch
    {
        Form.Dynamic => new DecodeRun<DynamicObject>(what, DynamicObject.Of(Application.Resource), count),
        Form.Metadata => new DecodeRun<PartialObjectMetadata>(what, PartialObjectMetadata.Of(Application.Resource), count),
        _ => new DecodeRun<Application>(what, Application.Resource, count),
    };
}
