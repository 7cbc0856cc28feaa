using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace CrMonitor.WorkQueue;

/// <summary>Fetches memory that is about to be needed.</summary>
internal static class CacheLine
{
    /// <summary>
    /// Fetches the line in which a value begins; nothing, on processors without the instruction. A hint only: where the garbage collector moves the
    /// value meanwhile, another line is fetched and nothing else happens.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch<T>(ref T value)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref value));
        }
    }
}
