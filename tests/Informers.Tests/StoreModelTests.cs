using CsCheck;

namespace CrMonitor.Informers.Tests;

/// <summary>Random writes, removals and relists against plain dictionaries.</summary>
public sealed class StoreModelTests
{
    private const int Namespaces = 3;
    private const int Names = 40;
    private const int Sizes = 4;

    // What holds after every operation: keys, namespaces, labels and both indexes find exactly what the dictionary has.
    [Fact]
    public void Random_writes_removals_and_relists_leave_what_a_dictionary_would_have()
    {
        var operation = Gen.Select(Gen.Int[0, 9], Gen.Int[0, (Namespaces * Names) - 1], Gen.Int[0, Sizes - 1]);
        operation.Array[0, 300].Sample(
            operations =>
            {
                var store = new IndexedStore<Widget>(ObjectForm<Widget>.Of(WidgetJson.Resource, keepManagedFields: false), [null], (_, _, e) => throw e);
                var bySize = store.AddIndex("size", widget => new[] { widget.Spec!.Size });
                store.AddIndex<string>("everything", _ => ["yes"]);
                var model = new Dictionary<ObjectKey, Widget>();
                var version = 0;
                foreach (var (kind, number, size) in operations)
                {
                    var widget = NewWidget(number, size, ++version);
                    var key = ObjectKey.Of(widget);
                    switch (kind)
                    {
                        case 0:
                            Relist(store, model, number, size, version);
                            break;
                        case < 4:
                            model.Remove(key, out var old);
                            Assert.Same(old, store.Write(0, key, null, $"{version}").Old);
                            break;
                        default:
                            model[key] = widget;
                            store.Write(0, key, widget, $"{version}");
                            break;
                    }
                }

                AssertSame(model, store, bySize);
            },
            iter: 200);
    }

    // A key that occurs several times in one batch, in a namespace that comes into being in it, is written in turn.
    [Fact]
    public void Writes_in_batches_leave_what_they_leave_one_by_one_and_tell_each_step()
    {
        var operation = Gen.Select(Gen.Int[0, 9], Gen.Int[0, (Namespaces * Names) - 1], Gen.Int[0, Sizes - 1]);
        operation.Array[1, 40].Array[1, 10].Sample(
            batches =>
            {
                var store = new IndexedStore<Widget>(ObjectForm<Widget>.Of(WidgetJson.Resource, keepManagedFields: false), [null], (_, _, e) => throw e);
                var bySize = store.AddIndex("size", widget => new[] { widget.Spec!.Size });
                store.AddIndex<string>("everything", _ => ["yes"]);
                var model = new Dictionary<ObjectKey, Widget>();
                var version = 0;
                foreach (var batch in batches)
                {
                    List<WatchedChange<Widget>> writes = [];
                    List<StoreChange<Widget>> expected = [];
                    foreach (var (kind, number, size) in batch)
                    {
                        var widget = NewWidget(number, size, ++version);
                        var key = ObjectKey.Of(widget);
                        var old = model.GetValueOrDefault(key);
                        var current = kind < 5 ? null : widget;
                        writes.Add(new WatchedChange<Widget>(key, current, null, $"{version}", 0));
                        if (current is not null)
                        {
                            model[key] = current;
                        }
                        else
                        {
                            model.Remove(key);
                        }

                        if (old is not null || current is not null)
                        {
                            expected.Add(new StoreChange<Widget>(key, old, current));
                        }
                    }

                    List<StoreChange<Widget>> changes = [];
                    store.Write(0, writes.ToArray(), changes);
                    Assert.Equal(expected, changes);
                    Assert.Equal($"{version}", store.ResourceVersion);
                    AssertSame(model, store, bySize);
                }
            },
            iter: 100);
    }

    // More objects of one value than are searched for one after the other, and again few.
    [Fact]
    public void An_index_finds_what_it_should_when_a_value_grows_common_and_rare_again()
    {
        const int many = 1000;
        var store = new IndexedStore<Widget>(ObjectForm<Widget>.Of(WidgetJson.Resource, keepManagedFields: false), [null], (_, _, e) => throw e);
        var bySize = store.AddIndex("size", widget => new[] { widget.Spec!.Size });
        var model = new Dictionary<ObjectKey, Widget>();
        for (var i = 0; i < 4 * many; i++)
        {
            var number = i * 7 % many;
            var widget = StoreTests.NewWidget("ns", $"w{number}", i < 2 * many ? 1 : 2);
            var key = ObjectKey.Of(widget);
            if (i > 3 * many)
            {
                model.Remove(key);
                store.Write(0, key, null, null);
                continue;
            }

            model[key] = widget;
            store.Write(0, key, widget, null);
        }

        Assert.Equal(model.Values.Where(widget => widget.Spec!.Size == 1).ToHashSet(), bySize.Find(1).ToHashSet());
        Assert.Equal(model.Values.Where(widget => widget.Spec!.Size == 2).ToHashSet(), bySize.Find(2).ToHashSet());
        Assert.Equal(model.Values.ToHashSet(), store.List().ToHashSet());
    }

    [Fact]
    public void A_query_asks_a_predicate_only_about_objects_that_the_selector_matches()
    {
        var store = new IndexedStore<Widget>(ObjectForm<Widget>.Of(WidgetJson.Resource, keepManagedFields: false), [null], (_, _, e) => throw e);
        for (var i = 0; i < 100; i++)
        {
            var widget = StoreTests.NewWidget($"ns{i % 2}", $"w{i}", i, ("parity", i % 2 == 0 ? "even" : "odd"));
            store.Write(0, ObjectKey.Of(widget), widget, null);
        }

        var asked = 0;
        var found = store.List("ns0", LabelSelector.Parse("parity=even"), widget =>
        {
            asked++;
            return widget.Spec!.Size > 90;
        });

        Assert.Equal([92, 94, 96, 98], found.Select(widget => widget.Spec!.Size).Order());
        Assert.Equal(50, asked);
        Assert.Equal(10, store.List(predicate: widget => widget.Spec!.Size < 10).Count);
        Assert.Empty(store.List("ns0", LabelSelector.Parse("parity=odd")));
        Assert.Equal(50, store.List(null, LabelSelector.Parse("parity notin (odd)")).Count);
    }

    [Fact]
    public void An_index_of_other_values_than_strings_is_asked_through_what_AddIndex_returned()
    {
        var store = new IndexedStore<Widget>(ObjectForm<Widget>.Of(WidgetJson.Resource, keepManagedFields: false), [null], (_, _, e) => throw e);
        var byKey = store.AddIndex("self", widget => new[] { ObjectKey.Of(widget) });
        var widget = StoreTests.NewWidget("ns", "a", 1);
        store.Write(0, ObjectKey.Of(widget), widget, null);

        Assert.Same(widget, Assert.Single(byKey.Find(new ObjectKey("ns", "a"))));
        Assert.Empty(byKey.Find(new ObjectKey("ns", "b")));
        Assert.Contains("no strings", Assert.Throws<ArgumentException>(() => store.ByIndex("self", "ns/a")).Message, StringComparison.Ordinal);
    }

    private static Widget NewWidget(int number, int size, int version)
    {
        var widget = StoreTests.NewWidget($"ns{number % Namespaces}", $"w{number}", size, ("size", $"{size}"));
        widget.Metadata.ResourceVersion = $"{version}";
        return widget;
    }

    // A list that keeps every second object, changes one, and lacks the rest.
    private static void Relist(IndexedStore<Widget> store, Dictionary<ObjectKey, Widget> model, int number, int size, int version)
    {
        var replacement = store.BeginReplace(0);
        var listed = model.Where(pair => pair.Value.Spec!.Size % 2 == size % 2).ToDictionary();
        foreach (var (key, widget) in listed)
        {
            replacement.Add(key, widget);
            Assert.Same(widget, replacement.Find(key));
        }

        var changed = NewWidget(number, size, version);
        replacement.Override(ObjectKey.Of(changed), changed);
        listed[ObjectKey.Of(changed)] = changed;
        HashSet<ObjectKey> told = [];
        foreach (var change in replacement.Commit($"{version}"))
        {
            Assert.True(told.Add(change.Key), "each key is told once");
        }

        Assert.Equal(
            model.Keys.Union(listed.Keys).Where(key => model.GetValueOrDefault(key) != listed.GetValueOrDefault(key)).ToHashSet(), told);
        model.Clear();
        foreach (var (key, widget) in listed)
        {
            model.Add(key, widget);
        }
    }

    private static void AssertSame(Dictionary<ObjectKey, Widget> model, IndexedStore<Widget> store, IObjectIndex<int, Widget> bySize)
    {
        Assert.Equal(model.Count, store.Count);
        Assert.All(model, pair => Assert.Same(pair.Value, store.Get(pair.Key)));
        Assert.Equal(model.Values.ToHashSet(), store.List().ToHashSet());
        Assert.Equal(model.Values.ToHashSet(), store.ByIndex("everything", "yes").ToHashSet());
        for (var ns = 0; ns < Namespaces; ns++)
        {
            Assert.Equal(model.Values.Where(widget => widget.Metadata.NamespaceProperty == $"ns{ns}").ToHashSet(), store.List($"ns{ns}").ToHashSet());
        }

        for (var size = 0; size < Sizes; size++)
        {
            var expected = model.Values.Where(widget => widget.Spec!.Size == size).ToHashSet();
            Assert.Equal(expected, bySize.Find(size).ToHashSet());
            Assert.Equal(expected, store.List(null, LabelSelector.Parse($"size={size}")).ToHashSet());
        }
    }
}
