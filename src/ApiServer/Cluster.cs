using System.Text.Json.Nodes;
using CrMonitor.ApiServer.BuiltInControllers;
using CrMonitor.ApiServer.Faults;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Kinds;
using CrMonitor.ApiServer.Storage;
using CrMonitor.ApiServer.Verbs;
using Microsoft.Extensions.Logging;

namespace CrMonitor.ApiServer;

/// <summary>What an <see cref="EmbeddedApiServer"/> holds and how it is served: all that is gone when the server restarts without its data.</summary>
internal sealed class Cluster
{
    /// <param name="options">How the server runs.</param>
    /// <param name="active">The requests that are being served.</param>
    /// <param name="log">Where requests are recorded.</param>
    /// <param name="faults">What requests meet.</param>
    /// <param name="control">The control surface, if it is served.</param>
    /// <param name="logger">Where failures are logged.</param>
    /// <param name="stopping">Ends watches in good order.</param>
    public Cluster(
        EmbeddedApiServerOptions options,
        ActiveRequests active,
        RequestLog log,
        FaultInjector faults,
        ControlEndpoint? control,
        ILogger logger,
        CancellationToken stopping)
    {
        Store = new ObjectStore(options.TimeProvider, options.MaximumLogLength, options.MaximumLogAge);
        Registry = new ResourceRegistry(options.TimeProvider);
        Writer = new ResourceWriter(Store, Registry);
        _ = new CustomResourceServing(Store, Registry, Writer);
        CreateNamespaces();
        Access = new ObjectAccess(Store, Registry, Writer);
        var resources = new ResourceEndpoint(
            Store, Registry, Writer, new TableConverter(options.TimeProvider), log, options.BookmarkInterval, stopping);
        Endpoint = new ApiEndpoint(
            resources,
            new DiscoveryEndpoint(Registry),
            control,
            new Authentication(options.BearerToken),
            active,
            log,
            new FaultGate(faults, options.TimeProvider),
            logger);
    }

    public ObjectStore Store { get; }

    public ResourceRegistry Registry { get; }

    public ResourceWriter Writer { get; }

    public ObjectAccess Access { get; }

    public ApiEndpoint Endpoint { get; }

    private void CreateNamespaces()
    {
        var namespaces = Registry.Find("", "v1", "namespaces")!;
        foreach (var name in (ReadOnlySpan<string>)["default", "kube-system"])
        {
            var obj = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = name } };
            Writer.Create(namespaces, "", obj, new WriteOptions { FieldManager = "crmonitor" });
        }
    }
}
