using CrMonitor.Benchmarks.WorkQueues;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>Lets readers ask a store for a while, and measures them.</summary>
internal static class LookupRun
{
    private const ulong WriterSeed = 99;
    private const int OperationsBetweenLooksAtTheClock = 64;
    private static readonly TimeSpan PacedInterval = TimeSpan.FromMilliseconds(1);

    /// <summary>Makes a store and adds all objects.</summary>
    public static (LookupStore Store, LookupResult Result) Fill(int count)
    {
        var store = new LookupStore(count);
        var memory = GC.GetTotalMemory(forceFullCollection: true);
        var usage = Usage.Begin();
        store.Fill();
        var used = usage.Read();
        var retained = GC.GetTotalMemory(forceFullCollection: true) - memory;
        var result = new LookupResult(
            "fill",
            0,
            LookupWriter.None,
            count,
            0,
            used.Wall.TotalNanoseconds / count,
            used.Cpu.TotalNanoseconds / count,
            count / used.Wall.TotalSeconds,
            1,
            (double)used.Bytes / count,
            0,
            (double)retained / count);
        return (store, result);
    }

    public static LookupResult Measure(
        LookupStore store, int count, LookupOperation operation, int readers, LookupWriter writer, TimeSpan duration, int repetition)
    {
        using var stopping = new CancellationTokenSource();
        var writing = writer == LookupWriter.None ? Task.FromResult(0L) : Task.Run(() => WriteAsync(store, writer, stopping.Token));
        var usage = Usage.Begin();
        var reading = Enumerable.Range(1, readers).Select(seed => Task.Factory.StartNew(
            () => Read(store, operation, (ulong)seed, duration), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        Task.WaitAll(reading);
        var used = usage.Read();
        stopping.Cancel();

        var operations = reading.Sum(reader => reader.Result.Operations);
        return new LookupResult(
            operation.ToString().ToLowerInvariant(),
            readers,
            writer,
            count,
            repetition,
            used.Wall.TotalNanoseconds * readers / operations,
            used.Cpu.TotalNanoseconds / operations,
            operations / used.Wall.TotalSeconds,
            (double)reading.Sum(reader => reader.Result.Items) / operations,
            (double)used.Bytes / operations,
            writing.Result / used.Wall.TotalSeconds,
            null);
    }

    private static (long Operations, long Items) Read(LookupStore store, LookupOperation operation, ulong seed, TimeSpan duration)
    {
        var random = new Xorshift(seed);
        var started = TimeProvider.System.GetTimestamp();
        var between = operation is LookupOperation.Get or LookupOperation.ByIndex or LookupOperation.Namespace ? OperationsBetweenLooksAtTheClock : 1;
        var operations = 0L;
        var items = 0L;
        do
        {
            for (var i = 0; i < between; i++)
            {
                items += store.Ask(operation, ref random);
            }

            operations += between;
        }
        while (TimeProvider.System.GetElapsedTime(started) < duration);

        return (operations, items);
    }

    private static async Task<long> WriteAsync(LookupStore store, LookupWriter writer, CancellationToken cancellationToken)
    {
        var random = new Xorshift(WriterSeed);
        var writes = 0L;
        using var ticks = new PeriodicTimer(PacedInterval);
        var started = TimeProvider.System.GetTimestamp();
        while (!cancellationToken.IsCancellationRequested)
        {
            store.Update(ref random);
            writes++;

            // A tick may be late where readers have the processors: what is due is caught up with.
            if (writer == LookupWriter.Paced && writes >= TimeProvider.System.GetElapsedTime(started) / PacedInterval)
            {
                await ticks.WaitForNextTickAsync(CancellationToken.None);
            }
        }

        return writes;
    }
}
