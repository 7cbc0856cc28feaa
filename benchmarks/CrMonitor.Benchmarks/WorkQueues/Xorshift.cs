namespace CrMonitor.Benchmarks.WorkQueues;

/// <summary>xorshift64*, so that programs in other languages can draw the same numbers.</summary>
internal struct Xorshift(ulong seed)
{
    private ulong _state = (seed * 0x9E3779B97F4A7C15) + 1;

    public int Next(int limit)
    {
        _state ^= _state >> 12;
        _state ^= _state << 25;
        _state ^= _state >> 27;
        return (int)(((_state * 0x2545F4914F6CDD1D) >> 33) % (ulong)limit);
    }
}
