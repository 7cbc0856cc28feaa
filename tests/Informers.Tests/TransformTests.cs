using System.Text.Json;

namespace CrMonitor.Informers.Tests;

public sealed class TransformTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Objects_of_lists_events_and_own_writes_are_transformed_before_anyone_sees_them()
    {
        await using var fixture = new InformerFixture(options: time => new SharedInformerFactoryOptions
        {
            TimeProvider = time,
            UseStreamingList = false,
            Transform = resource =>
            {
                resource.Metadata.Labels = null;
                return resource;
            },
        });
        fixture.Informer.SetTransform(widget =>
        {
            widget.Spec!.Size = Math.Min(widget.Spec.Size, 10);
            return widget;
        });
        var handler = new RecordingHandler();
        fixture.Informer.AddHandler(handler);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 11, labels: """{"x":"1"}"""));
        Assert.Equal("Added default/a ->10 initial", await handler.NextTextAsync());

        watch.Send(Json.Event("ADDED", Json.Widget("b", 21, size: 12)));
        Assert.Equal("Added default/b ->10", await handler.NextTextAsync());
        fixture.Informer.NoteWrite(JsonSerializer.Deserialize(Json.Widget("c", 22, size: 13), WidgetJson.Default.Widget)!);
        Assert.Equal("Added default/c ->10", await handler.NextTextAsync());
        watch.Send(Json.Event("DELETED", Json.Widget("b", 23, size: 14)));
        Assert.Equal("Deleted default/b 10->", await handler.NextTextAsync());
        Assert.Null(fixture.Informer.Lister.Get(new ObjectKey("default", "a"))!.Metadata.Labels);
    }

    [Fact]
    public async Task An_object_on_which_the_transform_fails_is_invalid_and_the_others_flow()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.SetTransform(widget => widget.Spec!.Size == 13 ? throw new InvalidOperationException("unlucky") : widget);
        var watch = await fixture.SyncAsync("20", Json.Widget("a", 5, size: 1), Json.Widget("b", 6, size: 13));
        Assert.Equal(1, fixture.Informer.Lister.Count);
        Assert.Equal(1, fixture.Informer.Health.InvalidObjects);
        Assert.Contains(fixture.Logs.Lines, line => line.Contains("default/b", StringComparison.Ordinal) && line.Contains("unlucky", StringComparison.Ordinal));

        watch.Send(Json.Event("MODIFIED", Json.Widget("a", 21, size: 13)));
        watch.Send(Json.Event("MODIFIED", Json.Widget("b", 22, size: 2)));
        await fixture.Informer.WaitForCacheAsync(cache => cache.ResourceVersion == "22", Cancel);
        Assert.Equal(1, fixture.Informer.Lister.Get(new ObjectKey("default", "a"))!.Spec!.Size);
        Assert.Equal(2, fixture.Informer.Lister.Get(new ObjectKey("default", "b"))!.Spec!.Size);

        fixture.Informer.NoteWrite(JsonSerializer.Deserialize(Json.Widget("b", 23, size: 13), WidgetJson.Default.Widget)!);
        Assert.Equal(2, fixture.Informer.Lister.Get(new ObjectKey("default", "b"))!.Spec!.Size);
    }

    // Case 80.
    [Theory]
    [InlineData("resourceVersion")]
    [InlineData("uid")]
    [InlineData("name")]
    [InlineData("null")]
    public async Task A_transform_that_takes_away_what_changes_are_told_by_is_refused(string what)
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.SetTransform(widget =>
        {
            switch (what)
            {
                case "resourceVersion":
                    widget.Metadata.ResourceVersion = null;
                    break;
                case "uid":
                    widget.Metadata.Uid = null;
                    break;
                case "name":
                    widget.Metadata.Name = "other";
                    break;
                default:
                    return null!;
            }

            return widget;
        });
        await fixture.SyncAsync("20", Json.Widget("a", 5));

        Assert.Equal(0, fixture.Informer.Lister.Count);
        Assert.Equal(1, fixture.Informer.Health.InvalidObjects);
        Assert.Contains(fixture.Logs.Lines, line => line.Contains("default/a", StringComparison.Ordinal) && line.Contains("transform", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_transform_is_set_once_and_before_the_start()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.SetTransform(widget => widget);
        Assert.Contains("has a transform", Assert.Throws<InvalidOperationException>(() => fixture.Informer.SetTransform(w => w)).Message, StringComparison.Ordinal);

        var other = fixture.Factory.Informer(WidgetJson.Resource, new InformerScope { Namespaces = ["x"] });
        other.Start();
        Assert.Contains("started", Assert.Throws<InvalidOperationException>(() => other.SetTransform(w => w)).Message, StringComparison.Ordinal);
    }
}
