using System.Text.Json;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>One pass of <see cref="Utf8JsonReader"/> over the whole input at once: what no decoder that is built on it can be faster than.</summary>
internal sealed class ReaderRun(DecodeWorkload workload, byte[] input, int count) : IDecodeRun
{
    private static readonly JsonReaderOptions Options = new() { AllowMultipleValues = true };

    // Within an event, or in the array of a list.
    private readonly int _depth = workload == DecodeWorkload.Events ? 1 : 2;

    public long InputSize => input.Length;

    /// <summary>None: tokens alone are read.</summary>
    public int Decoded => 0;

    public void Round()
    {
        var reader = new Utf8JsonReader(input, Options);
        var objects = 0;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.StartObject && reader.CurrentDepth == _depth)
            {
                objects++;
            }
        }

        if (objects != count)
        {
            throw new InvalidOperationException($"{objects} of {count} objects were read.");
        }
    }

    public void Clear()
    {
    }
}
