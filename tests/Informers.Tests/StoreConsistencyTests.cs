namespace CrMonitor.Informers.Tests;

/// <summary>Cases 70 and 74: readers without a lock, and a writer that goes on.</summary>
public sealed class StoreConsistencyTests
{
    private const int Readers = 3;
    private const int Lists = 300;
    private const int Writes = 5_000;

    private readonly IndexedStore<Widget> _store =
        new(ObjectForm<Widget>.Of(WidgetJson.Resource, keepManagedFields: false), [null], (_, _, e) => throw e);

    // Every object of the n-th list has the size n, there are 20 to 60 of them, and all stand in one index.
    [Fact]
    public async Task Every_query_shows_one_list_whole_while_lists_replace_each_other()
    {
        _store.AddIndex<string>("all", _ => ["all"]);
        var byParity = _store.AddIndex("parity", widget => new[] { widget.Spec!.Size % 2 });
        Replace(1);

        await WhileReadersCheckAsync(
            () =>
            {
                AssertOneList(_store.List());
                AssertOneList(_store.ByIndex("all", "all"));
                AssertOneList(_store.List(null, LabelSelector.Parse("app=web")));
                AssertOneList(_store.List("ns", predicate: widget => widget.Spec!.Size > 0));
                var odd = byParity.Find(1);
                Assert.All(odd, widget => Assert.Equal(1, widget.Spec!.Size % 2));
                if (odd.Count > 0)
                {
                    AssertOneList(odd);
                }
            },
            () =>
            {
                for (var i = 2; i <= Lists; i++)
                {
                    Replace(i);
                }
            });

        Assert.Equal($"{Lists}", _store.ResourceVersion);
    }

    // The n-th write gives its object the size n and the store the version n; every tenth write is a bookmark.
    [Fact]
    public async Task The_version_is_never_ahead_of_the_objects_and_what_a_reader_sees_never_goes_back()
    {
        Write(1);
        await WhileReadersCheckAsync(
            () =>
            {
                var version = Version();
                var newest = _store.List().Max(widget => widget.Spec!.Size);
                Assert.True(newest >= version - 1, $"the store says {version} and shows {newest}");
                Assert.True(Version() >= newest, $"the store shows {newest} and says {Version()}");
            },
            () =>
            {
                for (var i = 2; i <= Writes; i++)
                {
                    if (i % 10 == 0)
                    {
                        _store.Advance(0, $"{i}");
                    }
                    else
                    {
                        Write(i);
                    }
                }
            });

        Assert.Equal($"{Writes}", _store.ResourceVersion);
    }

    private static int CountOf(int list) => 20 + (list * 7 % 41);

    private static void AssertOneList(IReadOnlyList<Widget> found)
    {
        var list = found[0].Spec!.Size;
        Assert.Equal(CountOf(list), found.Count);
        Assert.All(found, widget => Assert.Equal(list, widget.Spec!.Size));
    }

    private int Version() => int.Parse(_store.ResourceVersion!, System.Globalization.CultureInfo.InvariantCulture);

    private void Replace(int list)
    {
        var replacement = _store.BeginReplace(0);
        for (var i = 0; i < CountOf(list); i++)
        {
            var widget = StoreTests.NewWidget("ns", $"w{i}", list, ("app", "web"));
            widget.Metadata.ResourceVersion = $"{list}";
            replacement.Add(ObjectKey.Of(widget), widget);
        }

        replacement.Commit($"{list}");
    }

    private void Write(int number)
    {
        var widget = StoreTests.NewWidget("ns", $"w{number % 7}", number);
        widget.Metadata.ResourceVersion = $"{number}";
        _store.Write(0, ObjectKey.Of(widget), widget, widget.Metadata.ResourceVersion);
    }

    /// <summary>
    /// Runs <paramref name="write"/> once, when all readers have begun, and <paramref name="check"/> again and again until it has ended.
    /// </summary>
    private static async Task WhileReadersCheckAsync(Action check, Action write)
    {
        using var begun = new CountdownEvent(Readers);
        var done = false;
        var readers = Enumerable.Range(0, Readers).Select(_ => Task.Run(() =>
        {
            try
            {
                check();
            }
            finally
            {
                begun.Signal();
            }

            while (!Volatile.Read(ref done))
            {
                check();
            }

            check();
        })).ToArray();
        try
        {
            await Task.Run(() =>
            {
                begun.Wait(TestContext.Current.CancellationToken);
                write();
            });
        }
        finally
        {
            Volatile.Write(ref done, true);
        }

        await Task.WhenAll(readers);
    }
}
