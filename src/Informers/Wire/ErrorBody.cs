using System.Buffers;

namespace CrMonitor.Informers;

/// <summary>Keeps the beginning of a refusal's body.</summary>
internal sealed class ErrorBody(int limit) : IBodyParser
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    public bool Feed(ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes[..Math.Min(bytes.Length, limit - _bytes.WrittenCount)]);
        return _bytes.WrittenCount < limit;
    }

    public void Complete()
    {
    }
}
