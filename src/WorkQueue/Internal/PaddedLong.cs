using System.Runtime.InteropServices;

namespace CrMonitor.WorkQueue;

/// <summary>A number that many threads write, in a cache line of its own.</summary>
[StructLayout(LayoutKind.Explicit, Size = 192)]
internal struct PaddedLong
{
    // Two lines of 64 bytes before and after: processors fetch lines in pairs, and where the object begins is unknown.
    [FieldOffset(96)]
    public long Value;
}
