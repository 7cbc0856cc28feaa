using System.Text;
using System.Text.Json;
using k8s.Models;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

public sealed class StatusTests : IDisposable
{
    private static readonly DateTime Time = new(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly FakeServer _server = new();

    [Fact]
    public async Task What_differs_is_written_to_the_status_of_this_version()
    {
        var context = Context(new WidgetStatus { Size = 1, Phase = "Pending", LastUpdated = Time });

        Assert.True(await context.PatchStatusAsync(new WidgetStatus { Size = 2, Phase = "Pending", LastUpdated = Time.AddSeconds(1) }));

        var request = Assert.Single(_server.Requests);
        Assert.Equal("/apis/example.com/v1/namespaces/default/widgets/w/status?fieldManager=tests", request.Path);
        Assert.Equal("application/merge-patch+json", request.ContentType);
        Assert.Equal("""{"status":{"size":2,"lastUpdated":"2030-01-01T00:00:01Z"},"metadata":{"resourceVersion":"1"}}""", request.Body);
    }

    [Fact]
    public async Task Nothing_is_written_when_nothing_differs_or_only_an_ignored_field()
    {
        var context = Context(new WidgetStatus { Size = 1, LastUpdated = Time });
        var options = new StatusPatchOptions { IgnoredFields = ["lastUpdated"] };

        Assert.False(await context.PatchStatusAsync(new WidgetStatus { Size = 1, LastUpdated = Time }));
        Assert.False(await context.PatchStatusAsync(new WidgetStatus { Size = 1, LastUpdated = Time.AddSeconds(1) }, options));
        Assert.Empty(_server.Requests);

        Assert.True(await context.PatchStatusAsync(new WidgetStatus { Size = 2, LastUpdated = Time.AddSeconds(1) }, options));
        Assert.Equal("2030-01-01T00:00:01Z", (string?)Assert.Single(_server.Requests).Json["status"]?["lastUpdated"]);
    }

    [Fact]
    public async Task What_the_new_status_lacks_is_taken_away()
    {
        await Context(new WidgetStatus { Size = 1, Phase = "Pending" }).PatchStatusAsync(new WidgetStatus { Size = 1 });

        Assert.Equal("""{"phase":null}""", Assert.Single(_server.Requests).Json["status"]?.ToJsonString());
    }

    [Fact]
    public async Task A_first_status_is_written_whole_and_without_nulls()
    {
        await Context(null).PatchStatusAsync(new WidgetStatus { Size = 1 }, new StatusPatchOptions { OnlyThisVersion = false });

        Assert.Equal("""{"status":{"size":1}}""", Assert.Single(_server.Requests).Body);
    }

    [Fact]
    public async Task The_answer_is_what_the_run_goes_on_with()
    {
        _server.Answer = _ => FakeServer.Json(System.Net.HttpStatusCode.OK, """{"metadata":{"name":"w","namespace":"default","resourceVersion":"9"},"status":{"size":2}}""");
        var context = Context(null);

        await context.PatchStatusAsync(new WidgetStatus { Size = 2 });

        Assert.Equal("9", context.Object?.Metadata.ResourceVersion);
    }

    [Fact]
    public async Task An_object_that_is_gone_has_no_status_to_write()
    {
        var context = new ReconcileContext<Widget>(Key, null, _server.Kube());

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => context.PatchStatusAsync(new WidgetStatus()));

        Assert.Contains("default/w is gone", failure.Message);
    }

    [Theory]
    [InlineData("{}", "{}", "{}")]
    [InlineData("""{"a":1,"b":{"c":1,"d":2}}""", """{"a":1,"b":{"c":1,"d":3}}""", """{"b":{"d":3}}""")]
    [InlineData("""{"a":{"b":1}}""", """{"a":{}}""", """{"a":{"b":null}}""")]
    [InlineData("""{"a":[1,2]}""", """{"a":[2,1]}""", """{"a":[2,1]}""")]
    [InlineData("""{"a":1}""", """{"a":{"b":1}}""", """{"a":{"b":1}}""")]
    [InlineData("""{}""", """{"a":{}}""", """{"a":{}}""")]
    [InlineData("""{"a":1,"b":{"c":1}}""", """{"a":null,"b":{"c":1,"d":null}}""", """{"a":null}""")]
    [InlineData("""{"a":null,"b":1.0}""", """{"b":1}""", "{}")]
    [InlineData("""{"\u00e9":1,"a\\b":2}""", """{"\u00e9":1,"a\\b":3}""", """{"a\\b":3}""")]
    [InlineData("""{"a":1,"b":2}""", """{"b":3,"c":4}""", """{"a":null,"b":3,"c":4}""")]
    public void A_merge_patch_says_what_leads_from_one_to_the_other(string from, string to, string patch)
    {
        var (current, desired) = (JsonElement.Parse(from), JsonElement.Parse(to));

        Assert.Equal(patch, Encoding.UTF8.GetString(JsonBytes.Write(writer => MergeDiff.Write(writer, current, desired)).Span));
        string[] names = [.. JsonElement.Parse(patch).EnumerateObject().Select(field => field.Name)];
        Assert.Equal(names.Length > 0, MergeDiff.Differ(current, desired, []));
        Assert.Equal(names.Length > 1, MergeDiff.Differ(current, desired, [.. names.Take(1)]));
        Assert.False(MergeDiff.Differ(current, desired, names));
    }

    [Fact]
    public async Task A_status_with_computed_conditions_converges_to_no_write()
    {
        var first = new ConditionSet(null, 1);
        first.Set("Ready", true, "Fine", "all of it");
        var context = Context(new WidgetStatus { Conditions = first.ToList() });

        var again = new ConditionSet(context.Object!.Status!.Conditions, 1);
        again.Set("Ready", true, "Fine", "all of it");

        Assert.False(await context.PatchStatusAsync(new WidgetStatus { Conditions = again.ToList() }));
        Assert.True(await context.PatchStatusAsync(new WidgetStatus { Conditions = (List<V1Condition>)[] }));
    }

    public void Dispose() => _server.Dispose();

    private ReconcileContext<Widget> Context(WidgetStatus? status)
    {
        var widget = Widget();
        widget.Status = status;
        _server.Answer ??= _ => FakeServer.Json(System.Net.HttpStatusCode.OK, """{"metadata":{"name":"w","namespace":"default"}}""");
        return new ReconcileContext<Widget>(Key, widget, _server.Kube());
    }
}
