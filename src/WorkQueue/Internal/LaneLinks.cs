using System.Runtime.CompilerServices;

namespace CrMonitor.WorkQueue;

/// <summary>The links of the ready keys of one priority, or of the waiting keys of one deadline.</summary>
internal readonly struct LaneLinks : IEntryLinks
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref int Previous(ref Entry entry) => ref entry.LanePrevious;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref int Next(ref Entry entry) => ref entry.LaneNext;
}
