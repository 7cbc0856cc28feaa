using System.Text.Json.Nodes;
using CrMonitor.ApiServer.BuiltInControllers;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Storage;
using CrMonitor.ApiServer.Verbs;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.ApiServer.Tests;

/// <summary>
/// Store and verbs of a server, without HTTP, with a clock that stands still, and the built-in controllers that a test starts on them.
/// </summary>
internal sealed class ControllerBench : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];
    private readonly ResourceRegistry _registry;
    private readonly ResourceWriter _writer;
    private volatile TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ControllerBench()
    {
        Store = new ObjectStore(Time, 10_000, TimeSpan.FromDays(1));
        _registry = new ResourceRegistry(Time);
        _writer = new ResourceWriter(Store, _registry);
        _writer.Written += (_, _) => Interlocked.Exchange(ref _written, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        Access = new ObjectAccess(Store, _registry, _writer);
        Create("v1", "Namespace", """{"metadata":{"name":"default"}}""");
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 22, 16, 0, 0, TimeSpan.Zero));

    public ObjectStore Store { get; }

    public IObjectAccess Access { get; }

    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(300);

    /// <summary>Starts what runs Deployments: their controller, that of ReplicaSets, and that of pods.</summary>
    public void StartDeployments()
    {
        Start(new DeploymentController(Access, Time, NullLogger<DeploymentController>.Instance));
        Start(new ReplicaSetController(Access, Time, NullLogger<ReplicaSetController>.Instance));
        Start(new PodController(Access, Time, Interval, NullLogger<PodController>.Instance));
    }

    public void StartGarbageCollector() => Start(new GarbageCollector(Access, Time, NullLogger<GarbageCollector>.Instance));

    public void StartNamespaces() => Start(new NamespaceController(Access, Time, NullLogger<NamespaceController>.Instance));

    /// <summary>Serves a custom resource of group example.com.</summary>
    public void Define(string kind, string scope)
    {
        var plural = kind.ToLowerInvariant() + "s";
        var crd = Create("apiextensions.k8s.io/v1", "CustomResourceDefinition", $$$$$"""
            {"metadata":{"name":"{{{{{plural}}}}}.example.com"},"spec":{"group":"example.com","scope":"{{{{{scope}}}}}","names":{"kind":"{{{{{kind}}}}}","plural":"{{{{{plural}}}}}"},
            "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}
            """);
        _registry.Apply(crd);
    }

    public void Undefine(string kind) => _registry.Remove($"{kind.ToLowerInvariant()}s.example.com");

    public JsonObject Create(string apiVersion, string kind, string json)
    {
        var resource = Resource(apiVersion, kind);
        var obj = (JsonObject)JsonNode.Parse(json)!;
        obj["apiVersion"] = apiVersion;
        obj["kind"] = kind;
        if (resource.IsNamespaced && obj["metadata"]!["namespace"] is null)
        {
            obj["metadata"]!["namespace"] = "default";
        }

        return Now(Access.CreateAsync(resource, obj, "test", TestContext.Current.CancellationToken));
    }

    /// <summary>Changes the latest version of an object, whatever it is by then.</summary>
    public void Change(string apiVersion, string kind, string name, Action<JsonObject> change, string ns = "default")
    {
        var resource = Resource(apiVersion, kind);
        _writer.Update(
            resource,
            resource.IsNamespaced ? ns : "",
            name,
            "",
            live =>
            {
                change(live);
                ((JsonObject)live["metadata"]!).Remove("resourceVersion"); // whichever version is the latest
                return live;
            },
            namesVersion: false,
            new WriteOptions { FieldManager = "test" });
    }

    public void Delete(string apiVersion, string kind, string name, string? policy = null, string ns = "default")
    {
        var resource = Resource(apiVersion, kind);
        var deletion = Access.DeleteAsync(resource, resource.IsNamespaced ? ns : "", name, uid: null, policy, TestContext.Current.CancellationToken);
        Assert.True(deletion.IsCompletedSuccessfully);
    }

    public JsonObject? Get(string apiVersion, string kind, string name, string ns = "default")
    {
        var resource = Resource(apiVersion, kind);
        return Access.Get(resource, resource.IsNamespaced ? ns : "", name);
    }

    /// <summary>All objects of a kind in the namespace <c>default</c>, as they were at one instant.</summary>
    public IReadOnlyList<JsonObject> List(string apiVersion, string kind)
    {
        var resource = Resource(apiVersion, kind);
        return [.. ListReader.InNamespace(Store.Table(resource.StorageKey).Objects, "default").Select(found => ObjectForm.Parse(found, resource))];
    }

    public bool Exists(string apiVersion, string kind, string name, string ns = "default") => Get(apiVersion, kind, name, ns) is not null;

    /// <summary>Returns as soon as the condition holds, which is looked at after each write.</summary>
    public async Task UntilAsync(Func<bool> condition, string expectation)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var written = _written.Task;
            if (condition())
            {
                return;
            }

            var left = Patience - TimeProvider.System.GetElapsedTime(start);
            if (left <= TimeSpan.Zero
                || await Task.WhenAny(written, Task.Delay(left, TimeProvider.System, TestContext.Current.CancellationToken)) != written)
            {
                Assert.Fail($"Not within {Patience}: {expectation}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        _stop.Dispose();
    }

    private void Start(IBuiltInController controller) => _running.Add(controller.RunAsync(_stop.Token));

    private ResourceDefinition Resource(string apiVersion, string kind)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        return Access.FindKind(slash < 0 ? "" : apiVersion[..slash], apiVersion[(slash + 1)..], kind)
            ?? throw new ArgumentException($"{apiVersion} {kind} is not served.");
    }

    private static JsonObject Now(ValueTask<JsonObject> write)
    {
        Assert.True(write.IsCompletedSuccessfully, write.IsFaulted ? write.AsTask().Exception!.ToString() : "The store answers at once.");
        return write.Result;
    }
}
