namespace CrMonitor.Informers;

/// <summary>Understands a response body that comes in pieces, cut anywhere.</summary>
/// <remarks>
/// Whatever the bytes are, it throws nothing but the two exceptions below, and those after the same items however the bytes were cut. Who reads
/// goes on accordingly:
/// what broke off can be resumed, what is not understood must be listed anew.
/// </remarks>
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
