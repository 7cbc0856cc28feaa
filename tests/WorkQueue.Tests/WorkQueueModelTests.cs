using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.WorkQueue.Tests;

/// <summary>
/// Random operations on the queue and on a plain model of its contract. After each one, both hold the same keys in the same states and in the same
/// order, and the same calls of TakeAsync have ended in the same way. In Debug builds the queue checks its own invariants as well.
/// </summary>
public sealed class WorkQueueModelTests
{
    private const int Keys = 5;

    private static readonly Gen<Operation> Operations = Gen.Select(
        Gen.Frequency(
            (6, Gen.Const(Verb.Add)), (4, Gen.Const(Verb.AddAfter)), (2, Gen.Const(Verb.ReplaceAfter)), (6, Gen.Const(Verb.Take)),
            (6, Gen.Const(Verb.Done)),
            (2, Gen.Const(Verb.Cancel)), (1, Gen.Const(Verb.CancelTake)), (3, Gen.Const(Verb.Advance)), (1, Gen.Const(Verb.ShutDown))),
        Gen.Int[0, Keys - 1],
        Gen.Int[0, 4],
        Gen.Int[-1, 1],
        (verb, key, number, priority) => new Operation(verb, key, number, priority));

    private enum Verb
    {
        Add,
        AddAfter,
        ReplaceAfter,
        Take,
        Done,
        Cancel,
        CancelTake,
        Advance,
        ShutDown,
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_queue_does_what_the_model_does(bool byPriority) =>
        Operations.Array[1, 60].Sample(
            operations => Run(operations, byPriority), iter: 1_500, print: operations => string.Join("; ", operations));

    private static void Run(Operation[] operations, bool byPriority)
    {
        var time = new FakeTimeProvider();
        using var queue = new WorkQueue<int>(new WorkQueueOptions<int>
        {
            TimeProvider = time,
            Order = byPriority ? new PriorityOrder<int> { AgeingTime = Timeout.InfiniteTimeSpan } : null,
        });
        var model = new Model(byPriority);
        var takes = new List<Take>();
        var held = new List<WorkItem<int>>();
        for (var step = 0; step < operations.Length; step++)
        {
            var (verb, key, number, priority) = operations[step];
            switch (verb)
            {
                case Verb.Add:
                    Assert.Equal(model.Add(key, priority), queue.Add(key, priority));
                    break;
                case Verb.AddAfter or Verb.ReplaceAfter:
                    // Time advances by whole seconds, so the milliseconds make all deadlines different.
                    var delay = (number * 1000) + step;
                    var rule = verb == Verb.ReplaceAfter ? WaitingRule.NewDeadline : WaitingRule.EarlierDeadline;
                    Assert.Equal(
                        model.AddAfter(key, delay, priority, rule), queue.AddAfter(key, TimeSpan.FromMilliseconds(delay), priority, rule));
                    break;
                case Verb.Take:
                    model.Take();
                    var source = new CancellationTokenSource();
                    takes.Add(new Take(queue.TakeAsync(source.Token), source));
                    break;
                case Verb.Done when held.Count > 0:
                    var item = held[number % held.Count];
                    held.Remove(item);
                    model.Done(item.Key);
                    item.Dispose();
                    break;
                case Verb.Cancel:
                    Assert.Equal(model.Cancel(key), queue.Cancel(key));
                    break;
                case Verb.CancelTake when model.Takes.IndexOf(Model.Pending) is >= 0 and var index:
                    model.Takes[index] = Model.Cancelled;
                    takes[index].Cancel();
                    break;
                case Verb.Advance:
                    model.Advance(number * 1000);
                    time.Advance(TimeSpan.FromSeconds(number));
                    break;
                case Verb.ShutDown when number == 0:
                    model.ShutDown();
                    queue.ShutDown();
                    break;
            }

            held.AddRange(takes.Select(take => take.Settle()).OfType<WorkItem<int>>());
            Compare(model, queue, takes);
        }
    }

    private static void Compare(Model model, WorkQueue<int> queue, List<Take> takes)
    {
        var snapshot = queue.Snapshot();
        Assert.Equal(model.Ready.Select(ready => ready.Key), snapshot.Ready);
        Assert.Equal(model.Waiting.OrderBy(pair => pair.Value.Due).Select(pair => pair.Key), snapshot.Waiting.Select(waiting => waiting.Key));
        Assert.Equal(
            model.Held.Select(key => (key, model.AgainAfterDone.ContainsKey(key))),
            snapshot.Processing.Select(processing => (processing.Key, processing.WillRunAgain)));
        Assert.Equal(model.IsShutDown, snapshot.IsShutDown);
        Assert.Equal(
            (model.Ready.Count, model.Waiting.Count, model.Held.Count),
            (queue.Count, queue.WaitingCount, queue.ProcessingCount));
        Assert.Equal(model.Takes, takes.Select(take => take.Outcome));
    }

    private sealed record Operation(Verb Verb, int Key, int Number, int Priority);

    /// <summary>One call of TakeAsync, which is asked at most once for its result.</summary>
    private sealed class Take(ValueTask<WorkItem<int>?> call, CancellationTokenSource source)
    {
        public string Outcome { get; private set; } = Model.Pending;

        public void Cancel() => source.Cancel();

        /// <summary>The item, when the call has just ended with one.</summary>
        public WorkItem<int>? Settle()
        {
            if (Outcome != Model.Pending || !call.IsCompleted)
            {
                return null;
            }

            try
            {
                var item = call.ResultNow();
                Outcome = item is null ? Model.Ended : $"{item.Value.Key} at {item.Value.Priority}";
                return item;
            }
            catch (OperationCanceledException)
            {
                Outcome = Model.Cancelled;
                return null;
            }
        }
    }

    /// <summary>The contract, said with lists.</summary>
    private sealed class Model(bool byPriority)
    {
        public const string Pending = "pending";
        public const string Cancelled = "cancelled";
        public const string Ended = "ended";

        private long _now;

        /// <summary>In the order of hand-out.</summary>
        public List<(int Key, int Priority)> Ready { get; } = [];

        public Dictionary<int, (long Due, int Priority)> Waiting { get; } = [];

        public List<int> Held { get; } = [];

        /// <summary>With their priority.</summary>
        public Dictionary<int, int> AgainAfterDone { get; } = [];

        public List<string> Takes { get; } = [];

        public bool IsShutDown { get; private set; }

        public bool Add(int key, int priority)
        {
            if (IsShutDown)
            {
                return false;
            }

            NeedsRun(key, priority);
            return true;
        }

        public bool AddAfter(int key, long delay, int priority, WaitingRule rule)
        {
            if (IsShutDown)
            {
                return false;
            }

            if (delay <= 0)
            {
                NeedsRun(key, priority);
            }
            else if (!Raise(key, priority))
            {
                var before = Waiting.GetValueOrDefault(key, (Due: long.MaxValue, Priority: int.MinValue));
                var due = rule == WaitingRule.NewDeadline ? _now + delay : Math.Min(_now + delay, before.Due);
                Waiting[key] = (due, Math.Max(priority, before.Priority));
            }

            return true;
        }

        public void Take()
        {
            Takes.Add(Pending);
            Serve();
        }

        public void Done(int key)
        {
            Held.Remove(key);
            if (AgainAfterDone.Remove(key, out var priority))
            {
                MakeReady(key, priority);
            }

            Serve();
        }

        public bool Cancel(int key)
        {
            // Each of them, not the first that succeeds.
            var cancelled = Ready.RemoveAll(ready => ready.Key == key) > 0 | Waiting.Remove(key) | AgainAfterDone.Remove(key);
            Serve();
            return cancelled;
        }

        public void Advance(long milliseconds)
        {
            _now += milliseconds;
            var due = Waiting.Where(pair => pair.Value.Due <= _now && !IsShutDown).OrderBy(pair => pair.Value.Due).ToArray();
            foreach (var (key, (_, priority)) in due)
            {
                NeedsRun(key, priority);
            }
        }

        public void ShutDown()
        {
            IsShutDown = true;
            Serve();
        }

        private void NeedsRun(int key, int priority)
        {
            if (Waiting.Remove(key, out var waited))
            {
                priority = Math.Max(priority, waited.Priority);
            }

            if (!Raise(key, priority))
            {
                if (Held.Contains(key))
                {
                    AgainAfterDone.Add(key, priority);
                }
                else
                {
                    MakeReady(key, priority);
                }
            }

            Serve();
        }

        /// <summary>Whether the key needs a run already; then with the higher priority.</summary>
        private bool Raise(int key, int priority)
        {
            if (AgainAfterDone.TryGetValue(key, out var before))
            {
                AgainAfterDone[key] = Math.Max(before, priority);
                return true;
            }

            var index = Ready.FindIndex(ready => ready.Key == key);
            if (index >= 0 && Ready[index].Priority < priority)
            {
                if (byPriority)
                {
                    Ready.RemoveAt(index);
                    MakeReady(key, priority);
                }
                else
                {
                    Ready[index] = (key, priority);
                }
            }

            return index >= 0;
        }

        private void MakeReady(int key, int priority)
        {
            var index = byPriority ? Ready.FindIndex(ready => ready.Priority < priority) : -1;
            Ready.Insert(index < 0 ? Ready.Count : index, (key, priority));
        }

        private void Serve()
        {
            while (Takes.IndexOf(Pending) is >= 0 and var take)
            {
                if (Ready.Count > 0)
                {
                    Takes[take] = $"{Ready[0].Key} at {Ready[0].Priority}";
                    Held.Add(Ready[0].Key);
                    Ready.RemoveAt(0);
                }
                else if (IsShutDown && AgainAfterDone.Count == 0)
                {
                    Takes[take] = Ended;
                }
                else
                {
                    return;
                }
            }
        }
    }
}
