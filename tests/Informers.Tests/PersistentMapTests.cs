using CsCheck;

namespace CrMonitor.Informers.Tests;

public sealed class PersistentMapTests
{
    [Fact]
    public void Random_changes_equal_those_of_a_dictionary_and_no_earlier_map_ever_changes()
    {
        // Few hashes for many keys, so that deep nodes and lists of equal hashes are met; and enough keys for the map to grow and to shrink.
        var operation = Gen.Select(Gen.Int[0, 400], Gen.Bool, Gen.Int[0, 9].Select(number => number == 0));
        operation.Array[0, 600].Sample(operations =>
        {
            var map = PersistentMap<Key, int>.Empty;
            var model = new Dictionary<Key, int>();
            List<(PersistentMap<Key, int> Map, Dictionary<Key, int> Model)> history = [];
            var builder = map.ToBuilder();
            for (var i = 0; i < operations.Length; i++)
            {
                var (number, remove, cut) = operations[i];
                var key = new Key(number);
                if (remove)
                {
                    Assert.Equal(model.Remove(key), builder.Remove(key));
                    map = map.Remove(key);
                }
                else
                {
                    model[key] = i;
                    builder.Set(key, i);
                    map = map.Set(key, i);
                }

                if (cut)
                {
                    history.Add((map, new(model)));
                    history.Add((builder.ToMap(), new(model)));
                }
            }

            history.Add((map, model));
            history.Add((builder.ToMap(), model));
            foreach (var (then, expected) in history)
            {
                Assert.Equal(expected.Count, then.Count);
                var found = new Dictionary<Key, int>();
                then.ForEach(found, static (target, key, value) => target.Add(key, value));
                Assert.Equal(expected.OrderBy(pair => pair.Key.Number), found.OrderBy(pair => pair.Key.Number));
                Assert.All(expected, pair => Assert.True(then.TryGet(pair.Key, out var value) && value == pair.Value));
                Assert.False(then.TryGet(new Key(1000), out _));
            }
        }, iter: 150);
    }

    internal readonly record struct Key(int Number)
    {
        public override int GetHashCode() => (Number % 5) << (Number % 3 * 14);
    }
}
