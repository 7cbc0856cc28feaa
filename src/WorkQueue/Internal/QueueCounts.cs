using System.Runtime.InteropServices;

namespace CrMonitor.WorkQueue;

/// <summary>What a queue counts, in a cache line of its own: see <see cref="PaddedLong"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 192)]
internal struct QueueCounts
{
    [FieldOffset(96)]
    public long Adds;

    [FieldOffset(104)]
    public long Retries;

    [FieldOffset(112)]
    public long Refused;
}
