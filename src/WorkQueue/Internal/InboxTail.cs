using System.Runtime.InteropServices;

namespace CrMonitor.WorkQueue;

/// <summary>What all who post to an <see cref="Inbox{TKey}"/> write, in a cache line of its own: see <see cref="PaddedLong"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 192)]
internal struct InboxTail
{
    /// <summary>The next position, shifted by two for the flags: closed, and closed to additions.</summary>
    [FieldOffset(96)]
    public long Next;

    /// <summary>Positions below it were free when somebody looked last.</summary>
    [FieldOffset(104)]
    public long Limit;
}
