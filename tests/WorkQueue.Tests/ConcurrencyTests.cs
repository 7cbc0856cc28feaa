using CrMonitor.Tests;

namespace CrMonitor.WorkQueue.Tests;

public sealed class ConcurrencyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fifty_producers_and_ten_workers_share_twenty_keys_and_no_key_has_two_workers()
    {
        using var queue = new WorkQueue<int>();
        var held = new int[20];
        var runs = new int[20];
        var workers = Workers(queue, 10, key =>
        {
            Assert.Equal(1, Interlocked.Increment(ref held[key]));
            runs[key]++;
            Interlocked.Decrement(ref held[key]);
        });
        var producers = Enumerable.Range(0, 50).Select(_ => Task.Run(
            () =>
            {
                for (var i = 0; i < 2000; i++)
                {
                    queue.Add(i % 20);
                }
            },
            Cancellation));

        await Task.WhenAll(producers).WaitAsync(Cancellation);
        queue.ShutDown();
        await workers.WaitAsync(Cancellation);

        Assert.All(runs, count => Assert.InRange(count, 1, 50 * 2000 / 20));
    }

    // Each addition writes a new value for its key first. A run reads the value. In the end the last value of each key must have been read,
    // or an addition was lost; and no two runs of a key may overlap.
    [Theory]
    [InlineData("fifo")]
    [InlineData("priority")]
    [InlineData("fair")]
    [InlineData("fair, a flow each key")]
    public async Task No_addition_is_lost_and_no_key_has_two_workers_while_everything_happens_at_once(string order)
    {
        const int Keys = 100_000;
        const int Additions = 2_500_000;
        using var queue = new WorkQueue<int>(new WorkQueueOptions<int>
        {
            Name = "stress",
            Order = order switch
            {
                "priority" => new PriorityOrder<int> { AgeingTime = TimeSpan.FromMilliseconds(5) },
                "fair" => new FairOrder<int, int>(key => key % 50) { MaxInWork = 3, Weight = flow => 1 + (flow % 3) },
                "fair, a flow each key" => new FairOrder<int, int>(key => key) { AgeingTime = TimeSpan.FromMilliseconds(5) },
                _ => null,
            },
        });
        var written = new int[Keys];
        var read = new int[Keys];
        var held = new int[Keys];
        var workers = Workers(queue, 6, key =>
        {
            Assert.Equal(1, Interlocked.Increment(ref held[key]));
            Volatile.Write(ref read[key], Volatile.Read(ref written[key]));
            Interlocked.Decrement(ref held[key]);
        });
        using var impatience = new CancellationTokenSource();
        var impatient = Task.Run(() => TakeImpatientlyAsync(queue, held, written, read, impatience.Token), Cancellation);
        var producers = Enumerable.Range(1, 4).Select(seed => Task.Run(
            () =>
            {
                var random = new Random(seed);
                for (var i = 0; i < Additions / 4; i++)
                {
                    var key = random.Next(Keys);
                    Interlocked.Increment(ref written[key]);
                    switch (random.Next(8))
                    {
                        case 0:
                            queue.AddAfter(key, TimeSpan.FromMilliseconds(random.Next(20)));
                            break;
                        case 1:
                            queue.AddAfter(key, TimeSpan.FromMilliseconds(20));
                            queue.Cancel(key);
                            queue.Add(key);
                            break;
                        default:
                            queue.Add(key, random.Next(5));
                            break;
                    }
                }
            },
            Cancellation));

        await Task.WhenAll(producers).WaitAsync(Cancellation);
        await impatience.CancelAsync();
        await impatient.WaitAsync(Cancellation);
        await Eventually.TrueAsync(() => queue.WaitingCount == 0, "all delayed keys fall due");
        var report = await queue.DrainAsync(TimeSpan.FromSeconds(30), Cancellation);
        await workers.WaitAsync(Cancellation);

        Assert.True(report.IsComplete);
        Assert.Equal(written, read);
    }

    // A worker that cancels its waits all the time.
    private static async Task TakeImpatientlyAsync(WorkQueue<int> queue, int[] held, int[] written, int[] read, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var source = new CancellationTokenSource();
            var take = queue.TakeAsync(source.Token);
            var cancellation = source.CancelAsync();
            try
            {
                using var item = (await take)!.Value;
                Assert.Equal(1, Interlocked.Increment(ref held[item.Key]));
                Volatile.Write(ref read[item.Key], Volatile.Read(ref written[item.Key]));
                Interlocked.Decrement(ref held[item.Key]);
            }
            catch (OperationCanceledException)
            {
                // That is what it is here for.
            }

            await cancellation;
        }
    }

    private static Task Workers(WorkQueue<int> queue, int count, Action<int> work) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(_ => Task.Run(
            async () =>
            {
                await foreach (var item in queue.ReadAllAsync(Cancellation))
                {
                    using (item)
                    {
                        work(item.Key);
                    }
                }
            },
            Cancellation)));
}
