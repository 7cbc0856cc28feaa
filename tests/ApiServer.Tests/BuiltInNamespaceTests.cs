using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Tests;

public sealed class BuiltInNamespaceTests : IAsyncDisposable
{
    private readonly ControllerBench _bench = new();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_deleted_namespace_goes_with_everything_in_it_and_nothing_else()
    {
        _bench.Define("Thing", "Namespaced");
        _bench.StartNamespaces();
        Create("team");
        _bench.Create("v1", "ConfigMap", """{"metadata":{"name":"a","namespace":"team"}}""");
        _bench.Create("v1", "Secret", """{"metadata":{"name":"b","namespace":"team"}}""");
        _bench.Create("example.com/v1", "Thing", """{"metadata":{"name":"c","namespace":"team"}}""");
        _bench.Create("v1", "ConfigMap", """{"metadata":{"name":"a"}}""");

        _bench.Delete("v1", "Namespace", "team");
        await GoneAsync("team");

        Assert.False(_bench.Exists("v1", "ConfigMap", "a", "team"));
        Assert.False(_bench.Exists("v1", "Secret", "b", "team"));
        Assert.False(_bench.Exists("example.com/v1", "Thing", "c", "team"));
        Assert.True(_bench.Exists("v1", "ConfigMap", "a"));
    }

    [Fact]
    public async Task An_empty_namespace_goes_at_once()
    {
        _bench.StartNamespaces();
        Create("team");

        _bench.Delete("v1", "Namespace", "team");

        await GoneAsync("team");
    }

    [Fact]
    public async Task A_namespace_waits_for_what_has_finalizers()
    {
        _bench.StartNamespaces();
        Create("team");
        _bench.Create("v1", "ConfigMap", """{"metadata":{"name":"held","namespace":"team","finalizers":["test/hold"]}}""");

        _bench.Delete("v1", "Namespace", "team");
        await _bench.UntilAsync(
            () => _bench.Get("v1", "ConfigMap", "held", "team")!["metadata"]!["deletionTimestamp"] is not null, "its content is deleted");
        Create("other");
        _bench.Delete("v1", "Namespace", "other");
        await GoneAsync("other");
        Assert.Equal("Terminating", (string?)_bench.Get("v1", "Namespace", "team")!["status"]!["phase"]);

        _bench.Change("v1", "ConfigMap", "held", static obj => ((JsonObject)obj["metadata"]!).Remove("finalizers"), "team");
        await GoneAsync("team");
    }

    [Fact]
    public async Task A_namespace_that_was_being_deleted_before_the_controller_ran_is_found()
    {
        Create("team");
        _bench.Create("v1", "ConfigMap", """{"metadata":{"name":"a","namespace":"team"}}""");
        _bench.Delete("v1", "Namespace", "team");

        _bench.StartNamespaces();

        await GoneAsync("team");
    }

    private void Create(string name) => _bench.Create("v1", "Namespace", $$$"""{"metadata":{"name":"{{{name}}}"}}""");

    private Task GoneAsync(string name) => _bench.UntilAsync(() => !_bench.Exists("v1", "Namespace", name), $"namespace {name} is gone");
}
