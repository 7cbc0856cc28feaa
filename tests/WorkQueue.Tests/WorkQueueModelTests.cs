using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.WorkQueue.Tests;

/// <summary>
/// Random operations on the queue and on a plain model of its contract. After each one, both hold the same keys in the same states and in the same
/// order,
/// and the same calls of TakeAsync have ended in the same way. In Debug builds the queue checks its own invariants as well.
/// </summary>
public sealed class WorkQueueModelTests
{
    private const int Keys = 5;

    private static readonly Gen<Operation> Operations = Gen.Select(
        Gen.Frequency(
            (6, Gen.Const(Verb.Add)), (4, Gen.Const(Verb.AddAfter)), (6, Gen.Const(Verb.Take)), (6, Gen.Const(Verb.Done)),
            (2, Gen.Const(Verb.Cancel)), (1, Gen.Const(Verb.CancelTake)), (3, Gen.Const(Verb.Advance)), (1, Gen.Const(Verb.ShutDown))),
        Gen.Int[0, Keys - 1],
        Gen.Int[0, 4],
        (verb, key, number) => new Operation(verb, key, number));

    private enum Verb
    {
        Add,
        AddAfter,
        Take,
        Done,
        Cancel,
        CancelTake,
        Advance,
        ShutDown,
    }

    [Fact]
    public void The_queue_does_what_the_model_does() =>
        Operations.Array[1, 60].Sample(operations => Run(operations), iter: 5_000, print: operations => string.Join("; ", operations));

    private static void Run(Operation[] operations)
    {
        var time = new FakeTimeProvider();
        using var queue = new WorkQueue<int>(new WorkQueueOptions<int> { TimeProvider = time });
        var model = new Model();
        var takes = new List<Take>();
        var held = new List<WorkItem<int>>();
        for (var step = 0; step < operations.Length; step++)
        {
            var (verb, key, number) = operations[step];
            switch (verb)
            {
                case Verb.Add:
                    Assert.Equal(model.Add(key), queue.Add(key));
                    break;
                case Verb.AddAfter:
                    // Time advances by whole seconds, so the milliseconds make all deadlines different.
                    var delay = (number * 1000) + step;
                    Assert.Equal(model.AddAfter(key, delay), queue.AddAfter(key, TimeSpan.FromMilliseconds(delay)));
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
        Assert.Equal(model.Ready, snapshot.Ready);
        Assert.Equal(model.Waiting.OrderBy(pair => pair.Value).Select(pair => pair.Key), snapshot.Waiting.Select(waiting => waiting.Key));
        Assert.Equal(
            model.Held.Select(key => (key, model.AgainAfterDone.Contains(key))),
            snapshot.Processing.Select(processing => (processing.Key, processing.WillRunAgain)));
        Assert.Equal(model.IsShutDown, snapshot.IsShutDown);
        Assert.Equal(
            (model.Ready.Count, model.Waiting.Count, model.Held.Count),
            (queue.Count, queue.WaitingCount, queue.ProcessingCount));
        Assert.Equal(model.Takes, takes.Select(take => take.Outcome));
    }

    private sealed record Operation(Verb Verb, int Key, int Number);

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
                Outcome = item is null ? Model.Ended : $"{item.Value.Key}";
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
    private sealed class Model
    {
        public const string Pending = "pending";
        public const string Cancelled = "cancelled";
        public const string Ended = "ended";

        private long _now;

        public List<int> Ready { get; } = [];

        public Dictionary<int, long> Waiting { get; } = [];

        public List<int> Held { get; } = [];

        public HashSet<int> AgainAfterDone { get; } = [];

        public List<string> Takes { get; } = [];

        public bool IsShutDown { get; private set; }

        public bool Add(int key)
        {
            if (IsShutDown)
            {
                return false;
            }

            NeedsRun(key);
            return true;
        }

        public bool AddAfter(int key, long delay)
        {
            if (IsShutDown)
            {
                return false;
            }

            if (delay <= 0)
            {
                NeedsRun(key);
            }
            else if (!Ready.Contains(key) && !AgainAfterDone.Contains(key))
            {
                Waiting[key] = Math.Min(_now + delay, Waiting.GetValueOrDefault(key, long.MaxValue));
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
            if (AgainAfterDone.Remove(key))
            {
                Ready.Add(key);
            }

            Serve();
        }

        public bool Cancel(int key)
        {
            // Each of them, not the first that succeeds.
            var cancelled = Ready.Remove(key) | Waiting.Remove(key) | AgainAfterDone.Remove(key);
            Serve();
            return cancelled;
        }

        public void Advance(long milliseconds)
        {
            _now += milliseconds;
            var due = Waiting.Where(pair => pair.Value <= _now && !IsShutDown).OrderBy(pair => pair.Value).ToArray();
            foreach (var (key, _) in due)
            {
                NeedsRun(key);
            }
        }

        public void ShutDown()
        {
            IsShutDown = true;
            Serve();
        }

        private void NeedsRun(int key)
        {
            Waiting.Remove(key);
            if (Held.Contains(key))
            {
                AgainAfterDone.Add(key);
            }
            else if (!Ready.Contains(key))
            {
                Ready.Add(key);
            }

            Serve();
        }

        private void Serve()
        {
            while (Takes.IndexOf(Pending) is >= 0 and var take)
            {
                if (Ready.Count > 0)
                {
                    Takes[take] = $"{Ready[0]}";
                    Held.Add(Ready[0]);
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
