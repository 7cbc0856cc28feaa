using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.WorkQueue.Tests;

/// <summary>
/// Random operations on a fair queue. Whichever key is handed out: it is the first of the highest priority of its flow; its flow is below its
/// limit; and no flow that could have had a turn all the while has let another one go more than twice. When none is handed out, none may be.
/// </summary>
public sealed class FairModelTests
{
    private const int Keys = 12;
    private const int Flows = 4;

    private static readonly Gen<(Verb Verb, int Key, int Priority)[]> Operations = Gen.Select(
        Gen.Frequency(
            (8, Gen.Const(Verb.Add)), (2, Gen.Const(Verb.AddAfter)), (8, Gen.Const(Verb.Take)), (6, Gen.Const(Verb.Done)),
            (1, Gen.Const(Verb.Cancel)), (1, Gen.Const(Verb.Advance))),
        Gen.Int[0, Keys - 1],
        Gen.Int[0, 2]).Array[1, 120];

    private enum Verb
    {
        Add,
        AddAfter,
        Take,
        Done,
        Cancel,
        Advance,
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(int.MaxValue)]
    public void Every_hand_out_is_fair(int maxInWork) =>
        Operations.Sample(operations => Run(operations, maxInWork), iter: 700, print: operations => string.Join("; ", operations));

    private static int Flow(int key) => key % Flows;

    private static void Run((Verb Verb, int Key, int Priority)[] operations, int maxInWork)
    {
        var time = new FakeTimeProvider();
        using var queue = new WorkQueue<int>(new WorkQueueOptions<int>
        {
            TimeProvider = time,
            Order = new FairOrder<int, int>(Flow) { MaxInWork = maxInWork, AgeingTime = Timeout.InfiniteTimeSpan },
        });
        var ready = new List<(int Key, int Priority)>(); // of each flow in the order of hand-out
        var again = new Dictionary<int, int>();
        var waiting = new Dictionary<int, (int Due, int Priority)>();
        var held = new List<WorkItem<int>>();
        var letGo = new int[Flows, Flows]; // how often a flow saw another one go since it could have had a turn
        var now = 0;

        foreach (var (verb, key, priority) in operations)
        {
            switch (verb)
            {
                case Verb.Add:
                    queue.Add(key, priority);
                    NeedsRun(key, priority);
                    break;
                case Verb.AddAfter:
                    queue.AddAfter(key, TimeSpan.FromSeconds(1 + key), priority);
                    Wait(key, priority);
                    break;
                case Verb.Advance:
                    now += 5;
                    time.Advance(TimeSpan.FromSeconds(5));
                    foreach (var due in waiting.Where(pair => pair.Value.Due <= now).OrderBy(pair => pair.Value.Due).ToArray())
                    {
                        NeedsRun(due.Key, due.Value.Priority);
                    }

                    break;
                case Verb.Cancel:
                    Assert.Equal(ready.RemoveAll(r => r.Key == key) > 0 | again.Remove(key) | waiting.Remove(key), queue.Cancel(key));
                    break;
                case Verb.Done when held.Count > 0:
                    var done = held[key % held.Count];
                    held.Remove(done);
                    if (again.Remove(done.Key, out var next))
                    {
                        Insert(done.Key, next);
                    }

                    done.Dispose();
                    break;
                case Verb.Take when queue.TryTake(out var item):
                    var flow = Flow(item.Key);
                    Assert.Equal(ready.First(r => Flow(r.Key) == flow), (item.Key, item.Priority));
                    Assert.True(MayGo(flow), "the flow must be below its limit");
                    ready.Remove((item.Key, item.Priority));
                    held.Add(item);
                    for (var other = 0; other < Flows; other++)
                    {
                        letGo[flow, other] = 0;
                        if (other != flow && MayGo(other))
                        {
                            Assert.InRange(++letGo[other, flow], 1, 2);
                        }
                    }

                    break;
                case Verb.Take:
                    Assert.All(Enumerable.Range(0, Flows), flow => Assert.False(MayGo(flow), $"flow {flow} may go, and no key was handed out"));
                    break;
            }

            for (var flow = 0; flow < Flows; flow++)
            {
                for (var other = 0; other < Flows; other++)
                {
                    letGo[flow, other] = MayGo(flow) ? letGo[flow, other] : 0;
                }
            }

            Assert.Equal((ready.Count, waiting.Count, held.Count), (queue.Count, queue.WaitingCount, queue.ProcessingCount));
            Assert.Equal(ready.Select(r => r.Key).Order(), queue.Snapshot().Ready.Order());
        }

        // Without limits, the snapshot is the order of what follows.
        if (maxInWork == int.MaxValue)
        {
            Assert.Equal(queue.Snapshot().Ready, queue.RunAllNow());
        }

        bool MayGo(int flow) => ready.Exists(r => Flow(r.Key) == flow) && held.Count(item => Flow(item.Key) == flow) < maxInWork;

        void NeedsRun(int key, int priority)
        {
            if (waiting.Remove(key, out var waited))
            {
                priority = Math.Max(priority, waited.Priority);
            }

            if (held.Exists(item => item.Key == key))
            {
                again[key] = Math.Max(priority, again.GetValueOrDefault(key, int.MinValue));
            }
            else if (!Raise(key, priority))
            {
                Insert(key, priority);
            }
        }

        void Wait(int key, int priority)
        {
            if (again.TryGetValue(key, out var before))
            {
                again[key] = Math.Max(before, priority);
            }
            else if (!Raise(key, priority))
            {
                var waited = waiting.GetValueOrDefault(key, (Due: int.MaxValue, Priority: int.MinValue));
                waiting[key] = (Math.Min(waited.Due, now + 1 + key), Math.Max(waited.Priority, priority));
            }
        }

        bool Raise(int key, int priority)
        {
            var index = ready.FindIndex(r => r.Key == key);
            if (index >= 0 && ready[index].Priority < priority)
            {
                ready.RemoveAt(index);
                Insert(key, priority);
            }

            return index >= 0;
        }

        void Insert(int key, int priority)
        {
            var index = ready.FindIndex(r => r.Priority < priority);
            ready.Insert(index < 0 ? ready.Count : index, (key, priority));
        }
    }
}
