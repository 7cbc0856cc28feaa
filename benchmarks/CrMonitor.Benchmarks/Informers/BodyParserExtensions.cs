using CrMonitor.Informers;

namespace CrMonitor.Benchmarks.Informers;

internal static class BodyParserExtensions
{
    /// <summary>Lets the parser read a whole body, in pieces as large as the reads of a reflector.</summary>
    public static void FeedWhole(this IBodyParser parser, ReadOnlySpan<byte> body, int pieceSize)
    {
        for (var position = 0; position < body.Length; position += pieceSize)
        {
            parser.Feed(body.Slice(position, Math.Min(pieceSize, body.Length - position)));
        }

        parser.Complete();
    }
}
