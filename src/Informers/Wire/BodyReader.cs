using System.Buffers;

namespace CrMonitor.Informers;

/// <summary>Moves a response body into a parser through one pooled buffer; nothing grows with the body.</summary>
internal static class BodyReader
{
    private const int MaxBufferSize = 64 * 1024;

    /// <param name="content">The body.</param>
    /// <param name="parser">What understands it.</param>
    /// <param name="bufferSize">The size of the first read. A stream that fills it gets a larger one; one that trickles need not hold it.</param>
    /// <param name="progress">Told of each read that brought bytes, how many they were; a place to put off a deadline.</param>
    /// <param name="cancellationToken">Ends the reading, also while the server sends nothing.</param>
    public static async Task ReadAsync(
        HttpContent content, IBodyParser parser, int bufferSize, Action<int>? progress, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(bufferSize);
        try
        {
            await using var stream = await content.ReadAsStreamAsync(cancellationToken);
            while (true)
            {
                var count = await stream.ReadAsync(buffer, cancellationToken);
                if (count == 0)
                {
                    parser.Complete();
                    return;
                }

                progress?.Invoke(count);
                if (!parser.Feed(buffer.AsSpan(0, count)))
                {
                    return;
                }

                if (count == buffer.Length && count < MaxBufferSize)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = ArrayPool<byte>.Shared.Rent(MaxBufferSize);
                }

                // A stream that always has bytes at hand completes its reads at once; a cancellation must get in between.
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
