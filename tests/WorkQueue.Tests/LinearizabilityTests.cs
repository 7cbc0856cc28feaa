using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.WorkQueue.Tests;

/// <summary>
/// Random operations from several threads at once. The state that they leave must be one that some order of the same operations leaves on one
/// thread. A failure prints its seed.
/// </summary>
public sealed class LinearizabilityTests
{
    private const int Keys = 4;

    public static TheoryData<string> Orders => ["fifo", "priority", "fair"];

    [Theory]
    [MemberData(nameof(Orders))]
    public void Operations_in_parallel_do_what_they_do_in_some_order_one_after_the_other(string order)
    {
        var key = Gen.Int[0, Keys - 1];
        Gen.Const(() => new Subject(order)).SampleParallel(
            [
                Gen.Select(key, Gen.Int[0, 2]).Operation<Subject>((subject, add) => subject.Queue.Add(add.Item1, add.Item2)),
                key.Operation<Subject>((subject, k) => subject.Queue.AddAfter(k, TimeSpan.FromSeconds(k + 1))),
                key.Operation<Subject>((subject, k) => subject.Queue.Cancel(k)),
                Gen.Operation<Subject>(subject => subject.Take()),
                key.Operation<Subject>((subject, k) => subject.End(k)),
            ],
            equal: (a, b) => a.State == b.State,
            print: subject => subject.State,
            maxParallelOperations: 4,
            iter: 60);
    }

    private sealed class Subject(string order)
    {
        // Taking a key and noting it must be one step, or ending it could come in between. A key that is taken twice is an error of the queue.
        private readonly Dictionary<int, WorkItem<int>> _held = [];

        public WorkQueue<int> Queue { get; } = new(new WorkQueueOptions<int>
        {
            TimeProvider = new FakeTimeProvider(),
            Order = order switch
            {
                "priority" => new PriorityOrder<int> { AgeingTime = Timeout.InfiniteTimeSpan },
                "fair" => new FairOrder<int, int>(key => key % 2) { AgeingTime = Timeout.InfiniteTimeSpan },
                _ => null,
            },
        });

        public string State
        {
            get
            {
                var snapshot = Queue.Snapshot();
                return $"ready {string.Join(',', snapshot.Ready)}; waiting {string.Join(',', snapshot.Waiting)}; "
                    + $"processing {string.Join(',', snapshot.Processing)}; held {string.Join(',', _held.Keys.Order())}";
            }
        }

        public void Take()
        {
            lock (_held)
            {
                if (Queue.TryTake(out var item))
                {
                    _held.Add(item.Key, item);
                }
            }
        }

        public void End(int key)
        {
            lock (_held)
            {
                if (_held.Remove(key, out var item))
                {
                    item.Dispose();
                }
            }
        }
    }
}
