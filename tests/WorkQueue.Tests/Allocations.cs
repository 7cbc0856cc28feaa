namespace CrMonitor.WorkQueue.Tests;

internal static class Allocations
{
    /// <summary>What this thread allocates, in bytes, when it does something twice that it has done twice before.</summary>
    public static long OfSteady(Action work)
    {
        work();
        work();

        var before = GC.GetAllocatedBytesForCurrentThread();
        work();
        work();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
