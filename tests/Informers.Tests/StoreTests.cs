namespace CrMonitor.Informers.Tests;

/// <summary>The ways of <see cref="IndexedStore{T}"/>.</summary>
public sealed class StoreTests
{
    private readonly List<string> _indexFailures = [];
    private int _version;

    [Fact]
    public void An_object_is_found_by_key_namespace_label_and_index_and_only_where_it_belongs_now()
    {
        var store = NewStore();
        store.AddIndex<string>("size", widget => [$"{widget.Spec!.Size}"]);
        Write(store, NewWidget("red", "a", 1, ("app", "web")));
        Write(store, NewWidget("red", "b", 1, ("app", "db")));
        Write(store, NewWidget("blue", "a", 2));
        Write(store, NewWidget(null, "a", 2));

        Assert.Equal(4, store.Count);
        Assert.Equal(2, store.List("red").Count);
        Assert.Equal(["a"], store.List("red", LabelSelector.Parse("app=web")).Select(w => w.Metadata.Name));
        Assert.Empty(store.List("green"));
        Assert.Empty(store.List(null, LabelSelector.Nothing));
        Assert.Equal(2, store.ByIndex("size", "1").Count);
        Assert.Null(store.Get(new ObjectKey(null, "a"))!.Metadata.NamespaceProperty);

        Write(store, NewWidget("red", "a", 2, ("app", "db")));
        Assert.Single(store.ByIndex("size", "1"));
        Assert.Equal(3, store.ByIndex("size", "2").Count);
        Assert.Empty(store.List("red", LabelSelector.Parse("app=web")));

        store.Write(0, new ObjectKey("red", "a"), null, "9");
        store.Write(0, new ObjectKey("red", "b"), null, "10");
        Assert.Equal(2, store.Count);
        Assert.Empty(store.List("red"));
        Assert.Empty(store.ByIndex("size", "1"));
        Assert.Equal("10", store.ResourceVersion);
    }

    [Fact]
    public void An_index_function_may_give_several_values_none_or_fail()
    {
        var store = NewStore();
        Write(store, NewWidget("ns", "a", 1, ("x", "1"), ("y", "2")));
        store.AddIndex<string>("labels", widget => widget.Spec!.Size == 13
            ? throw new InvalidOperationException("unlucky")
            : widget.Metadata.Labels?.Keys ?? []);

        Assert.Single(store.ByIndex("labels", "x"));
        Assert.Single(store.ByIndex("labels", "y"));
        Write(store, NewWidget("ns", "b", 1));
        Write(store, NewWidget("ns", "a", 13, ("x", "1")));
        Assert.Empty(store.ByIndex("labels", "x"));
        Assert.Contains("labels ns/a unlucky", _indexFailures);
        Assert.NotNull(store.Get(new ObjectKey("ns", "a")));
        Assert.Throws<ArgumentException>(() => store.AddIndex<string>("labels", _ => []));
        Assert.Contains("'labels'", Assert.Throws<ArgumentException>(() => store.ByIndex("absent", "x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_handle_of_a_removed_index_does_not_answer_by_a_later_one_of_its_name()
    {
        var store = NewStore();
        Write(store, NewWidget("ns", "a", 1));
        store.AddIndex<string>("before", widget => [widget.Metadata.Name]);
        var first = store.AddIndex<string>("name", widget => [widget.Metadata.Name]);
        Assert.True(store.RemoveIndex("before"));
        Assert.Single(first.Find("a"));

        Assert.True(store.RemoveIndex("name"));
        var second = store.AddIndex<string>("name", widget => ["other"]);
        var message = Assert.Throws<ObjectDisposedException>(() => first.Find("other")).Message;
        Assert.Contains("The index 'name' was removed, or went with its view.", message, StringComparison.Ordinal);
        Write(store, NewWidget("ns", "b", 1));
        Assert.Equal(2, second.Find("other").Count);
    }

    [Fact]
    public void Removing_an_index_that_is_not_there_leaves_the_snapshot_as_it_is()
    {
        var store = NewStore();
        Write(store, NewWidget("ns", "a", 1));
        store.AddIndex<string>("name", widget => [widget.Metadata.Name]);
        var before = store.Snapshot;

        Assert.False(store.RemoveIndex("absent"));
        Assert.Same(before, store.Snapshot);
    }

    [Fact]
    public void An_index_function_that_gives_null_fails_for_this_object_alone()
    {
        var store = NewStore();
        Write(store, NewWidget("ns", "a", 1));
        store.AddIndex<string>("label", widget => [widget.Metadata.Labels.TryGetValue("x", out var value) ? value : null!]);
        Write(store, NewWidget("ns", "b", 1));
        Write(store, NewWidget("ns", "c", 1, ("x", "1")));

        Assert.Equal("c", Assert.Single(store.ByIndex("label", "1")).Metadata.Name);
        Assert.Equal(3, store.Count);
        Assert.All(
            ["label ns/a ", "label ns/b "],
            failed => Assert.Contains(_indexFailures, told => told.StartsWith(failed, StringComparison.Ordinal)));
        Assert.All(_indexFailures, told => Assert.Contains("gave null", told, StringComparison.Ordinal));
    }

    [Fact]
    public void A_replacement_keeps_what_did_not_change_and_tells_only_what_did()
    {
        var store = NewStore();
        var kept = NewWidget("ns", "kept", 1);
        Write(store, kept);
        Write(store, NewWidget("ns", "changed", 2));
        Write(store, NewWidget("gone", "gone", 3));
        var again = NewWidget("ns", "kept", 1);
        again.Metadata.ResourceVersion = kept.Metadata.ResourceVersion;

        var replacement = store.BeginReplace(0);
        replacement.Add(ObjectKey.Of(again), again);
        replacement.Add(new ObjectKey("ns", "changed"), NewWidget("ns", "changed", 20));
        replacement.Add(new ObjectKey("new", "new"), NewWidget("new", "new", 4));
        Assert.Equal(3, store.Count);
        Assert.NotNull(store.Get(new ObjectKey("gone", "gone")));
        List<string> told = [];
        foreach (var change in replacement.Commit("77"))
        {
            told.Add($"{change.Key}:{change.Old?.Spec!.Size}->{change.Current?.Spec!.Size}");
        }

        Assert.Equal("77", store.ResourceVersion);

        Assert.Equal(["gone/gone:3->", "new/new:->4", "ns/changed:2->20"], told.Order());
        Assert.Same(kept, store.Get(new ObjectKey("ns", "kept")));
        Assert.Equal(3, store.Count);
        Assert.Empty(store.List("gone"));
    }

    // What is not known (the answer of an own write that came as an object) is taken for what it was before.
    [Fact]
    public void The_length_of_all_objects_is_kept_through_writes_removals_and_lists()
    {
        var store = NewStore();
        Widget[] widgets = [.. Enumerable.Range(0, 5).Select(i => NewWidget("ns", $"w{i}", i))];
        for (var i = 0; i < widgets.Length; i++)
        {
            store.Write(0, ObjectKey.Of(widgets[i]), widgets[i], null, 1 << i);
        }

        Assert.Equal(0b11111, store.Bytes);
        store.Write(0, new ObjectKey("ns", "w0"), null, null);
        Assert.Equal(0b11110, store.Bytes);
        store.Write(0, new ObjectKey("ns", "w4"), NewWidget("ns", "w4", 9), null);
        store.Write(0, new ObjectKey("ns", "w1"), NewWidget("ns", "w1", 9), null, 100);
        Assert.Equal(0b11100 + 100, store.Bytes);
        store.Write(0, new ObjectKey("ns", "w1"), null, null);
        store.Write(0, new ObjectKey("ns", "absent"), null, null);
        Assert.Equal(0b11100, store.Bytes);

        var replacement = store.BeginReplace(0);
        replacement.AddUnreadable(new ObjectKey("ns", "w3"));
        replacement.Add(new ObjectKey("ns", "w4"), NewWidget("ns", "w4", 10), 1000);
        replacement.Override(new ObjectKey("ns", "w4"), NewWidget("ns", "w4", 11));
        replacement.Commit("77");
        Assert.Equal(0b01000 + 1000, store.Bytes);
    }

    [Fact]
    public void The_version_is_that_of_the_oldest_source()
    {
        var store = new IndexedStore<Widget>(ObjectForm<Widget>.Of(WidgetJson.Resource, keepManagedFields: false), ["a", "b"], (_, _, _) => { });
        store.BeginReplace(0).Commit("9");
        Assert.Null(store.ResourceVersion);
        store.BeginReplace(1).Commit("10");
        Assert.Equal("9", store.ResourceVersion);
        store.Advance(0, "100");
        Assert.Equal("10", store.ResourceVersion);
    }

    [Theory]
    [InlineData("9", "10", -1)]
    [InlineData("1234567890123456789012345678901234567890", "1234567890123456789012345678901234567891", -1)]
    [InlineData("7", "7", 0)]
    [InlineData("100", "99", 1)]
    public void Versions_are_compared_as_numbers_of_any_length(string left, string right, int expected)
    {
        Assert.True(ResourceVersions.TryCompare(left, right, out var order));
        Assert.Equal(expected, Math.Sign(order));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("01")]
    [InlineData("-1")]
    [InlineData("abc")]
    public void Versions_that_are_no_positive_numbers_have_no_order(string? version)
    {
        Assert.False(ResourceVersions.TryCompare(version, "5", out _));
        Assert.False(ResourceVersions.TryCompare("5", version, out _));
    }

    [Fact]
    public async Task Readers_see_object_and_index_agree_while_a_writer_goes_on()
    {
        var store = NewStore();
        store.AddIndex<string>("size", widget => [$"{widget.Spec!.Size}"]);
        store.AddIndex<string>("all", _ => ["all"]);
        for (var i = 0; i < 50; i++)
        {
            Write(store, NewWidget("ns", $"w{i}", 0));
        }

        var done = false;
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            while (!Volatile.Read(ref done))
            {
                Assert.Equal(50, store.ByIndex("all", "all").Count);
                Assert.Equal(50, store.List("ns").Count);
                Assert.All(store.ByIndex("size", "1"), found => Assert.Equal(1, found.Spec!.Size));
            }
        })).ToArray();
        for (var round = 1; round <= 200; round++)
        {
            for (var i = 0; i < 50; i++)
            {
                Write(store, NewWidget("ns", $"w{i}", round % 2));
            }
        }

        Volatile.Write(ref done, true);
        await Task.WhenAll(readers);
    }

    internal static Widget NewWidget(string? ns, string name, int size, params (string Key, string Value)[] labels) => new()
    {
        Metadata = new k8s.Models.V1ObjectMeta
        {
            Name = name,
            NamespaceProperty = ns,
            Uid = $"uid-{name}",
            Labels = labels.ToDictionary(label => label.Key, label => label.Value),
        },
        Spec = new WidgetSpec { Size = size },
    };

    private IndexedStore<Widget> NewStore() => new(ObjectForm<Widget>.Of(WidgetJson.Resource, keepManagedFields: false), [null], (index, key, e) => _indexFailures.Add($"{index} {key} {e.Message}"));

    private void Write(IndexedStore<Widget> store, Widget widget)
    {
        widget.Metadata.ResourceVersion = $"{++_version}";
        store.Write(0, ObjectKey.Of(widget), widget, widget.Metadata.ResourceVersion);
    }
}
