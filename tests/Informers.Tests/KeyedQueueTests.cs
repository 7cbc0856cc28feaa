using CsCheck;

namespace CrMonitor.Informers.Tests;

public sealed class KeyedQueueTests
{
    [Fact]
    public void It_does_what_a_list_of_distinct_keys_does()
    {
        Gen.Select(Gen.Enum<Step>(), Gen.Int[0, 19]).List[0, 400].Sample(steps =>
        {
            var queue = new KeyedQueue<int>();
            var model = new List<(ObjectKey Key, int Value)>();
            var next = 0;
            foreach (var (step, number) in steps)
            {
                var key = new ObjectKey("ns", $"name-{number}");
                switch (step)
                {
                    case Step.Put:
                        queue.GetOrAdd(key, out var isNew) = ++next;
                        Assert.Equal(model.All(item => item.Key != key), isNew);
                        model = isNew ? [.. model, (key, next)] : [.. model.Select(item => item.Key == key ? (key, next) : item)];
                        break;
                    case Step.Remove:
                        Assert.Equal(model.Any(item => item.Key == key), queue.Remove(key));
                        model.RemoveAll(item => item.Key == key);
                        break;
                    case Step.TakeFirst:
                        Assert.Equal(model.Count > 0, queue.TryPeek(out var first, out var value));
                        if (model.Count > 0)
                        {
                            Assert.Equal(model[0], (first, value));
                            queue.Remove(first);
                            model.RemoveAt(0);
                        }

                        break;
                    default:
                        queue.EnsureCapacity(number);
                        break;
                }

                Assert.Equal(model.Count, queue.Count);
                Assert.Equal(model.Any(item => item.Key == key), queue.Contains(key));
            }
        });
    }

    [Fact]
    public void The_room_of_a_burst_is_given_back_when_it_is_over_and_the_order_holds_afterwards()
    {
        var queue = new KeyedQueue<int>();
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 5_000; i++)
            {
                queue.GetOrAdd(new ObjectKey(null, $"name-{i}"), out _) = i;
            }

            for (var i = 0; i < 5_000; i++)
            {
                Assert.True(queue.TryPeek(out var key, out var value));
                Assert.Equal(i, value);
                Assert.True(queue.Remove(key));
            }
        }

        Assert.Equal(0, queue.Count);
        Assert.Equal(0, queue.Capacity);
    }

    private enum Step
    {
        Put,
        Remove,
        TakeFirst,
        MakeRoom,
    }
}
