using System.Runtime.CompilerServices;

namespace CrMonitor.WorkQueue;

/// <summary>The links of the ready keys, or of the held ones.</summary>
internal readonly struct OrderLinks : IEntryLinks
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref int Previous(ref Entry entry) => ref entry.Previous;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref int Next(ref Entry entry) => ref entry.Next;
}
