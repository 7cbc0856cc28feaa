namespace CrMonitor.Informers;

/// <summary>Understands a response body that comes in pieces, cut anywhere.</summary>
internal interface IBodyParser
{
    /// <summary>Takes the next piece.</summary>
    /// <returns><see langword="false"/>: enough, read no further.</returns>
    /// <exception cref="InvalidDataException">The body is not what it should be.</exception>
    bool Feed(ReadOnlySpan<byte> bytes);

    /// <summary>The body has ended.</summary>
    /// <exception cref="EndOfStreamException">It broke off in the middle of something.</exception>
    void Complete();
}
