namespace CrMonitor.Benchmarks.Informers;

/// <summary>One input, decoded as often as asked.</summary>
internal interface IDecodeRun
{
    /// <summary>The bytes that a round goes through, managed fields included.</summary>
    long InputSize { get; }

    /// <summary>How many objects the last round decoded.</summary>
    int Decoded { get; }

    /// <summary>Decodes the input once. The objects of the round before are let go.</summary>
    void Round();

    /// <summary>Lets all objects go.</summary>
    void Clear();
}
