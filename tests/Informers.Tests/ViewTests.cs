namespace CrMonitor.Informers.Tests;

/// <summary>One list and one watch for several forms of the same objects.</summary>
public sealed class ViewTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Three_forms_of_a_kind_need_one_list_and_one_watch()
    {
        await using var fixture = new ViewFixture();
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 3));
        await fixture.SendAsync(watch, "ADDED", Json.Widget("b", 21, size: 4), "21");
        await watch.Drained();

        Assert.Equal(2, fixture.Server.Log.Count);
        Assert.Equal((2, 2, 2), (fixture.Stored.Lister.Count, fixture.Typed.Lister.Count, fixture.Metadata.Lister.Count));
        Assert.Equal([3, 4], fixture.Typed.Lister.List().Select(widget => widget.Spec!.Size).Order());
        Assert.Equal(["a", "b"], fixture.Metadata.Lister.List().Select(shown => shown.Metadata.Name).Order());
        Assert.Equal("21", fixture.Typed.Lister.ResourceVersion);
        Assert.True(fixture.Typed.HasSynced);
        Assert.Equal(fixture.Stored.Health, fixture.Typed.Health);
        Assert.Equal((WidgetJson.Resource, InformerScope.All), (fixture.Typed.Resource, fixture.Typed.Scope));
    }

    [Fact]
    public async Task A_stored_object_is_shown_as_one_instance_until_its_next_state()
    {
        await using var fixture = new ViewFixture();
        fixture.Typed.AddIndex("name", widget => [widget.Metadata.Name]);
        var handler = new RecordingHandler();
        fixture.Typed.AddHandler(handler);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5), Json.Widget("b", 6));
        var first = fixture.Typed.Lister.Get(ViewFixture.Key("a"));

        Assert.Same(first, fixture.Typed.Lister.Get(ViewFixture.Key("a")));
        Assert.Same(first, Assert.Single(fixture.Typed.Lister.List(predicate: widget => widget.Metadata.Name == "a")));
        Assert.Same(first, Assert.Single(fixture.Typed.Lister.ByIndex("name", "a")));
        Assert.Contains(first, new[] { (await handler.NextAsync()).Current, (await handler.NextAsync()).Current });
        Assert.Same(first, await fixture.Typed.GetAsync(ViewFixture.Key("a"), "5", TimeSpan.FromSeconds(1), Cancel));

        await fixture.RelistAsync(watch, "30", Json.Widget("a", 5), Json.Widget("b", 29));
        Assert.Same(first, fixture.Typed.Lister.Get(ViewFixture.Key("a")));
        var change = await handler.NextAsync();
        Assert.Same(fixture.Typed.Lister.Get(ViewFixture.Key("b")), change.Current);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_index_that_is_taken_out_is_gone_and_its_name_is_free(bool ofView)
    {
        await using var fixture = new InformerFixture();
        if (ofView)
        {
            fixture.Factory.Informer(DynamicObject.Of(WidgetJson.Resource));
        }

        var informer = fixture.Informer;
        var gone = informer.AddIndex("name", widget => [widget.Metadata.Name]);
        informer.AddIndex("size", widget => [$"{widget.Spec!.Size}"]);
        await fixture.SyncAsync("20", Json.Widget("a", 5, size: 3));

        Assert.True(informer.RemoveIndex("name"));
        Assert.False(informer.RemoveIndex("name"));

        Assert.Contains("existing: 'size'", Assert.Throws<ArgumentException>(() => informer.Lister.ByIndex("name", "a")).Message, StringComparison.Ordinal);
        Assert.Contains("was removed", Assert.Throws<ObjectDisposedException>(() => gone.Find("a")).Message, StringComparison.Ordinal);
        Assert.Single(informer.Lister.ByIndex("size", "3"));
        informer.AddIndex("name", widget => [$"the {widget.Metadata.Name}"]);
        Assert.Single(informer.Lister.ByIndex("name", "the a"));
    }

    [Fact]
    public async Task Typed_objects_are_decoded_as_a_watch_decodes_them()
    {
        await using var fixture = new ViewFixture();
        const string Labels = """{"tier":"web"}""";
        await fixture.SyncAsync(
            "20",
            Json.Widget("a", 5, labels: Labels),
            """{"metadata":{"name":"b","namespace":"default","resourceVersion":"6","labels":{"tier":"web"},"managedFields":[{"manager":"m"}]},"spec":{"size":3} }""");
        var (a, b) = (fixture.Typed.Lister.Get(ViewFixture.Key("a"))!, fixture.Typed.Lister.Get(ViewFixture.Key("b"))!);

        Assert.Equal(("Widget", "test.crmonitor.dev/v1", 3), (b.Kind, b.ApiVersion, b.Spec!.Size));
        Assert.Null(b.Metadata.ManagedFields);
        Assert.Same(a.Metadata.Labels["tier"], b.Metadata.Labels["tier"]);
        Assert.Equal("Widget", fixture.Metadata.Lister.Get(ViewFixture.Key("b"))!.Kind);
    }

    [Fact]
    public async Task The_metadata_of_typed_objects_are_theirs()
    {
        await using var fixture = new InformerFixture();
        var typed = fixture.Informer;
        var metadata = fixture.Factory.Informer(PartialObjectMetadata.Of(WidgetJson.Resource));
        await fixture.SyncAsync("20", Json.Widget("a", 5));

        var shown = metadata.Lister.Get(ViewFixture.Key("a"))!;
        Assert.Same(typed.Lister.Get(ViewFixture.Key("a"))!.Metadata, shown.Metadata);
        Assert.Equal(("Widget", "test.crmonitor.dev/v1"), (shown.Kind, shown.ApiVersion));
        Assert.Equal(2, fixture.Server.Log.Count);
    }

    [Fact]
    public async Task Metadata_are_taken_from_typed_objects_where_both_richer_forms_are_held()
    {
        await using var fixture = new InformerFixture();
        var typed = fixture.Informer;
        fixture.Factory.Informer(DynamicObject.Of(WidgetJson.Resource));
        var metadata = fixture.Factory.Informer(PartialObjectMetadata.Of(WidgetJson.Resource));
        await fixture.SyncAsync("20", Json.Widget("a", 5));

        Assert.Same(typed.Lister.Get(ViewFixture.Key("a"))!.Metadata, metadata.Lister.Get(ViewFixture.Key("a"))!.Metadata);
    }

    [Fact]
    public async Task A_form_that_was_asked_for_before_a_richer_one_keeps_its_own_watch()
    {
        await using var fixture = new InformerFixture();
        var metadata = fixture.Factory.Informer(PartialObjectMetadata.Of(WidgetJson.Resource));
        var typed = fixture.Factory.Informer(WidgetJson.Resource);
        var dynamics = fixture.Factory.Informer(DynamicObject.Of(WidgetJson.Resource));
        Assert.Same(metadata, fixture.Factory.Informer(PartialObjectMetadata.Of(WidgetJson.Resource)));
        Assert.Same(typed, fixture.Factory.Informer(WidgetJson.Resource));
        fixture.Factory.Start();
        for (var i = 0; i < 6; i++)
        {
            var request = await fixture.Server.NextAsync();
            if (request.IsWatch)
            {
                request.Open();
            }
            else
            {
                request.List("20");
            }
        }

        await fixture.Factory.WaitForSyncAsync(Cancel);
        Assert.Equal(3, fixture.Factory.Informers.Count);
        Assert.Contains(dynamics, fixture.Factory.Informers);
    }

    [Fact]
    public async Task Another_scope_another_resource_and_another_type_are_no_views()
    {
        await using var fixture = new InformerFixture();
        var stored = fixture.Factory.Informer(DynamicObject.Of(WidgetJson.Resource));
        var elsewhere = fixture.Factory.Informer(WidgetJson.Resource, new InformerScope { Namespaces = ["x"] });
        var resource = new KubeResource("other.dev", "v1", "widgets", "Widget");
        var other = fixture.Factory.Informer(new KubeResource<Widget>(resource, WidgetJson.Default.Widget));
        Assert.IsType<SharedInformer<DynamicObject>>(stored);
        Assert.IsType<SharedInformer<Widget>>(elsewhere);
        Assert.IsType<SharedInformer<Widget>>(other);
        Assert.IsType<InformerView<DynamicObject, Widget>>(fixture.Factory.Informer(WidgetJson.Resource));
    }

    [Fact]
    public async Task Who_looks_for_an_informer_finds_a_view_of_a_richer_one_and_keeps_nothing_alive_by_it()
    {
        await using var fixture = new InformerFixture();
        Assert.Null(fixture.Factory.Find(WidgetJson.Resource));
        var lease = fixture.Factory.Lease(DynamicObject.Of(WidgetJson.Resource));
        var found = fixture.Factory.Find(WidgetJson.Resource);
        Assert.NotNull(found);
        Assert.Same(found, fixture.Factory.Find(WidgetJson.Resource));
        Assert.Same(lease.Informer, Assert.Single(fixture.Factory.Informers));

        lease.Informer.Start();
        (await fixture.Server.NextListAsync()).List("20", Json.Widget("a", 5, size: 3));
        var watch = (await fixture.Server.NextWatchAsync()).Open();
        await found.WaitForSyncAsync(Cancel);
        Assert.Equal(3, found.Lister.Get(ViewFixture.Key("a"))!.Spec!.Size);

        await lease.DisposeAsync();
        Assert.True(watch.Closed.Task.IsCompleted, "nobody holds it");
        Assert.Null(fixture.Factory.Find(WidgetJson.Resource));
        Assert.Throws<ObjectDisposedException>(found.Start);
    }

    [Fact]
    public async Task Selectors_predicates_and_namespaces_find_what_they_find_in_an_own_cache()
    {
        await using var fixture = new ViewFixture();
        await fixture.SyncAsync(
            "20",
            Json.Widget("a", 5, size: 1, labels: """{"tier":"web"}"""),
            Json.Widget("b", 6, size: 2, labels: """{"tier":"api"}"""),
            Json.Widget("c", 7, size: 3, ns: "other", labels: """{"tier":"web"}"""));
        var (typed, metadata) = (fixture.Typed.Lister, fixture.Metadata.Lister);
        var web = LabelSelector.Parse("tier=web");

        Assert.Equal(["a", "c"], typed.List(selector: web).Select(widget => widget.Metadata.Name).Order());
        Assert.Equal(["a"], typed.List("default", web).Select(widget => widget.Metadata.Name));
        Assert.Equal(["b"], typed.List("default", predicate: widget => widget.Spec!.Size > 1).Select(widget => widget.Metadata.Name));
        var elsewhere = metadata.List(selector: web, predicate: shown => shown.Metadata.NamespaceProperty == "other");
        Assert.Equal(["c"], elsewhere.Select(shown => shown.Metadata.Name));
        Assert.Empty(typed.List("nowhere"));
        Assert.Empty(typed.List(selector: LabelSelector.Nothing));
        Assert.Null(typed.Get(new ObjectKey("other", "a")));
        Assert.Throws<InvalidOperationException>(() => typed.List(predicate: _ => throw new InvalidOperationException("the caller's")));
    }

    [Fact]
    public async Task Indexes_of_a_view_have_names_of_their_own_and_follow_the_objects()
    {
        await using var fixture = new ViewFixture();
        fixture.Stored.AddIndex("size", held => [held.TryGetInt64(DynamicPath.Parse("spec.size"), out var size) ? $"{size}" : ""]);
        var bySize = fixture.Typed.AddIndex("size", widget => new[] { widget.Spec!.Size });
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1), Json.Widget("b", 6, size: 1));
        fixture.Typed.AddIndex("name", widget => [widget.Metadata.Name, "all"]);
        Assert.Equal("size", bySize.Name);
        Assert.Equal(["a", "b"], bySize.Find(1).Select(widget => widget.Metadata.Name).Order());
        Assert.Equal(2, fixture.Typed.Lister.ByIndex("name", "all").Count);
        Assert.Equal(2, fixture.Stored.Lister.ByIndex("size", "1").Count);

        await fixture.SendAsync(watch, "MODIFIED", Json.Widget("a", 21, size: 2), "21");
        await fixture.SendAsync(watch, "DELETED", Json.Widget("b", 22, size: 1), "22");
        Assert.Empty(bySize.Find(1));
        Assert.Same(fixture.Typed.Lister.Get(ViewFixture.Key("a")), Assert.Single(bySize.Find(2)));

        Refused("already", () => fixture.Typed.AddIndex("size", _ => []));
        Refused("are no strings", () => fixture.Typed.Lister.ByIndex("size", "1"));
        Refused("'name', 'size'", () => fixture.Typed.Lister.ByIndex("x", "1"));

        static void Refused(string why, Func<object> call) =>
            Assert.Contains(why, Assert.Throws<ArgumentException>(call).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_that_could_not_be_added_leaves_its_name_free()
    {
        await using var fixture = new ViewFixture();
        await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        fixture.Logs.FailsOn = "failed on default/a";
        Assert.Throws<IOException>(() => fixture.Typed.AddIndex("size", _ => throw new InvalidOperationException("on purpose")));

        fixture.Logs.FailsOn = null;
        Assert.Throws<ArgumentException>(() => fixture.Typed.Lister.ByIndex("size", "1"));
        fixture.Typed.AddIndex("size", widget => [$"{widget.Spec!.Size}"]);
        Assert.Single(fixture.Typed.Lister.ByIndex("size", "1"));
    }

    [Fact]
    public async Task A_view_waits_as_an_informer_does()
    {
        await using var fixture = new ViewFixture();
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        var grown = fixture.Typed.WaitForAsync(ViewFixture.Key("a"), widget => widget is { Spec.Size: 2 }, Cancel);
        var two = fixture.Metadata.WaitForCacheAsync(cache => cache.Count == 2, Cancel);
        var latest = fixture.Typed.GetAsync(ViewFixture.Key("a"), "21", TimeSpan.FromSeconds(9), Cancel).AsTask();
        var late = fixture.Typed.GetAsync(ViewFixture.Key("b"), "99", TimeSpan.FromSeconds(10), Cancel).AsTask();
        Assert.False(grown.IsCompleted || two.IsCompleted || latest.IsCompleted || late.IsCompleted, "nothing has come");

        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 21, size: 2)));
        var shown = await grown;
        Assert.Same(shown, fixture.Typed.Lister.Get(ViewFixture.Key("a")));
        Assert.Same(shown, await latest);
        watch.Send(Json.Event("ADDED", Json.Widget("b", 22)));
        await two;
        fixture.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(("99", "22"), (await Assert.ThrowsAsync<StaleCacheException>(() => late)) is var e ? (e.AtLeast, e.Reached) : default);
        await Assert.ThrowsAsync<ArgumentException>(
            () => fixture.Typed.GetAsync(ViewFixture.Key("b"), "x", TimeSpan.FromSeconds(1), Cancel).AsTask());

        using var giveUp = new CancellationTokenSource();
        var never = fixture.Typed.WaitForAsync(ViewFixture.Key("c"), widget => widget is not null, giveUp.Token);
        await giveUp.CancelAsync();
        Assert.Equal(giveUp.Token, (await Assert.ThrowsAsync<OperationCanceledException>(() => never)).CancellationToken);
    }

    [Fact]
    public async Task Objects_are_decoded_for_a_view_without_a_lock()
    {
        using var spec = new HeldSpecConverter(13);
        await using var fixture = new InformerFixture();
        var stored = fixture.Factory.Informer(DynamicObject.Of(WidgetJson.Resource));
        var typed = fixture.Factory.Informer(spec.Resource);
        stored.Start();
        (await fixture.Server.NextListAsync()).List("20", Json.Widget("a", 5, size: 13), Json.Widget("b", 6, size: 13));
        var watch = (await fixture.Server.NextWatchAsync()).Open();
        await stored.WaitForSyncAsync(Cancel);

        // A reader, an index over what is there, and one over what comes.
        var reading = Task.Run(() => typed.Lister.Get(ViewFixture.Key("a")), Cancel);
        await HeldAsync(reading);
        var indexing = Task.Run(() => typed.AddIndex("size", widget => new[] { widget.Spec!.Size }), Cancel);
        await HeldAsync(indexing);
        watch.Send(Json.Event("ADDED", Json.Widget("c", 21, size: 13)));
        await HeldAsync(stored.WaitForCacheAsync(cache => cache.ResourceVersion == "21", Cancel));
        Assert.Equal(["a", "b", "c"], (await indexing).Find(13).Select(widget => widget.Metadata.Name).Order());

        async Task HeldAsync(Task held)
        {
            await spec.Entered();
            var writing = Task.Run(() => stored.NoteDelete(ViewFixture.Key("nobody")), Cancel);
            await writing.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Cancel);
            Assert.False(held.IsCompleted, "a converter is held");
            spec.Release();
            await held;
        }
    }

    [Fact]
    public async Task An_index_that_is_removed_while_it_is_being_added_is_gone_also_from_what_is_stored()
    {
        using var spec = new HeldSpecConverter(13);
        await using var fixture = new InformerFixture();
        var stored = fixture.Factory.Informer(DynamicObject.Of(WidgetJson.Resource));
        var typed = fixture.Factory.Informer(spec.Resource);
        stored.Start();
        (await fixture.Server.NextListAsync()).List("20", Json.Widget("a", 5, size: 13));
        await stored.WaitForSyncAsync(Cancel);

        var indexing = Task.Run(() => typed.AddIndex("size", widget => new[] { widget.Spec!.Size }), Cancel);
        await spec.Entered();
        var isRemoved = typed.RemoveIndex("size");
        spec.Release();
        var index = await indexing;

        Assert.True(isRemoved);
        Assert.Throws<ObjectDisposedException>(() => index.Find(13));
        Assert.Empty(((IndexedStore<DynamicObject>)stored.Lister).Snapshot.Indexes);
        Assert.Throws<ArgumentException>(() => typed.Lister.ByIndex("size", "13"));
        Assert.Single(typed.AddIndex("size", widget => new[] { widget.Spec!.Size }).Find(13));
    }

    [Fact]
    public async Task The_log_names_the_handler_of_the_view_that_has_failed()
    {
        await using var fixture = new ViewFixture();
        var handler = new RecordingHandler { Before = (_, _) => throw new InvalidOperationException("on purpose") };
        fixture.Typed.AddHandler(handler);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5));
        await fixture.SendAsync(watch, "ADDED", Json.Widget("b", 21), "21");
        await handler.NextAsync();
        await handler.NextAsync();
        await fixture.Typed.StopAsync();

        var failed = $"the handler {typeof(RecordingHandler)} failed on Added";
        Assert.Equal(2, fixture.Logs.Lines.Count(line => line.Contains(failed, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Changes_of_a_view_can_be_read_until_it_stops()
    {
        await using var fixture = new ViewFixture();
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        var read = new List<string>();
        await foreach (var change in fixture.Typed.ReadChangesAsync(cancellationToken: Cancel))
        {
            read.Add(RecordingHandler.Describe(change));
            if (read.Count == 1)
            {
                watch.Send(Json.Event("MODIFIED", Json.Widget("a", 21, size: 2)));
            }
            else
            {
                await fixture.Typed.StopAsync();
            }
        }

        Assert.Equal(["Added default/a ->1 initial", "Updated default/a 1->2"], read);
        Assert.Equal(1, fixture.Stored.Lister.Count);
    }

    [Fact]
    public async Task A_transform_is_set_on_what_is_stored_and_seen_in_all_views()
    {
        await using var fixture = new ViewFixture();
        var refused = Assert.Throws<InvalidOperationException>(() => fixture.Typed.SetTransform(widget => widget));
        Assert.Contains("on the informer of DynamicObject", refused.Message, StringComparison.Ordinal);

        fixture.Stored.SetTransform(held =>
        {
            var tree = held.ToJsonNode();
            tree["spec"]!["size"] = 7;
            return DynamicObject.From(tree);
        });
        await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1));
        Assert.Equal(7, fixture.Typed.Lister.Get(ViewFixture.Key("a"))!.Spec!.Size);
    }

    [Fact]
    public async Task A_form_that_is_asked_for_with_a_transform_has_a_cache_of_its_own()
    {
        await using var fixture = new InformerFixture();
        fixture.Factory.Informer(DynamicObject.Of(WidgetJson.Resource));
        var typed = fixture.Factory.Informer(WidgetJson.Resource, transform: Emptied);
        await using var lease = fixture.Factory.Lease(WidgetJson.Resource, transform: Emptied);
        Assert.Same(typed, lease.Informer);
        Assert.Same(typed, fixture.Factory.Informer(WidgetJson.Resource));
        Assert.IsType<SharedInformer<Widget>>(typed);
        var another = Assert.Throws<InvalidOperationException>(() => fixture.Factory.Informer(WidgetJson.Resource, transform: widget => widget));
        Assert.Contains("has a transform", another.Message, StringComparison.Ordinal);

        typed.Start();
        (await fixture.Server.NextListAsync()).List("20", Json.Widget("a", 5, size: 1));
        await typed.WaitForSyncAsync(Cancel);
        Assert.Null(typed.Lister.Get(ViewFixture.Key("a"))!.Spec);

        static Widget Emptied(Widget widget)
        {
            widget.Spec = null;
            return widget;
        }
    }

    [Fact]
    public async Task A_view_that_there_is_already_takes_no_transform()
    {
        await using var fixture = new ViewFixture();
        var refused = Assert.Throws<InvalidOperationException>(() => fixture.Factory.Lease(WidgetJson.Resource, transform: widget => widget));
        Assert.Contains("is a view of the one that holds DynamicObject", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Late_views_are_told_with_what_they_are_views_of()
    {
        await using var fixture = new ViewFixture();
        fixture.Factory.Start();
        var list = await fixture.Server.NextListAsync();
        using var giveUp = new CancellationTokenSource();
        var waiting = fixture.Factory.WaitForSyncAsync(giveUp.Token);
        var one = fixture.Typed.WaitForSyncAsync(giveUp.Token);
        await giveUp.CancelAsync();

        const string Late = "widgets.test.crmonitor.dev (all namespaces) has not synced: its first list is not complete";
        Assert.Equal($"{Late}.", (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting)).Message);
        Assert.Equal(Late, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one)).Message);
        list.List("20");
    }
}
