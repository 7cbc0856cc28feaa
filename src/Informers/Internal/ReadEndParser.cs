namespace CrMonitor.Informers;

/// <summary>Tells when the parser has taken all that one read brought, also if it failed on the way.</summary>
/// <param name="parser">What understands the body.</param>
/// <param name="ended">Is told.</param>
internal sealed class ReadEndParser(IBodyParser parser, Action ended) : IBodyParser
{
    public bool Feed(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return parser.Feed(bytes);
        }
        finally
        {
            ended();
        }
    }

    public void Complete()
    {
        try
        {
            parser.Complete();
        }
        finally
        {
            ended();
        }
    }
}
