using System.Text.Json.Nodes;

namespace CrMonitor.Contract.Tests;

/// <summary>The same random writes are answered alike by both servers, and lead to the same objects and managed fields.</summary>
public sealed class WriteSequenceTests(Servers servers)
{
    private const int Objects = 15;
    private const int WritesOfAnObject = 7;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Random_writes_are_answered_alike(int seed)
    {
        Assert.SkipWhen(RealServer.KubeConfigPath is null, $"{RealServer.Variable} names no kubeconfig of a real API server to compare with.");
        var ours = await servers.GetAsync(ServerKind.Embedded);
        var theirs = await servers.GetAsync(ServerKind.Real);
        await InstallAsync(ours, seed);
        await InstallAsync(theirs, seed);
        var ourNamespace = await ours.NewNamespaceAsync();
        var theirNamespace = await theirs.NewNamespaceAsync();

        var writes = new RandomWrites(seed);
        for (var i = 0; i < Objects; i++)
        {
            for (var k = 0; k < WritesOfAnObject; k++)
            {
                var write = writes.Next($"o{i}");
                var expected = await SendAsync(theirs, theirNamespace, write, seed);
                var actual = await SendAsync(ours, ourNamespace, write, seed);
                Assert.True(
                    JsonNode.DeepEquals(expected, actual),
                    $"Seed {seed}, object {i}, write {k}: {write}\nreal:     {expected.ToJsonString()}\nembedded: {actual.ToJsonString()}");
            }
        }
    }

    // Each seed has a group of its own, so that the cases may run at the same time.
    private static string Group(Cluster cluster, int seed) => $"s{seed}.{cluster.Group}";

    private static async Task InstallAsync(Cluster cluster, int seed) =>
        (await cluster.InstallAsync(RandomWrites.Definition(Group(cluster, seed)), $"/apis/{Group(cluster, seed)}/v1/mixtures")).Succeeds(201);

    private static async Task<JsonObject> SendAsync(Cluster cluster, string ns, RandomWrites.Write write, int seed)
    {
        var group = Group(cluster, seed);
        var body = write.Body.DeepClone();
        if (body is JsonObject obj && obj["metadata"]?["name"] is not null)
        {
            obj["apiVersion"] = $"{group}/v1";
            obj["kind"] = "Mixture";
        }

        var answer = await cluster.SendAsync(
            new HttpMethod(write.Verb), $"/apis/{group}/v1/namespaces/{ns}/mixtures{write.Path}", body.ToJsonString(), write.ContentType);
        var text = answer.Body.ToJsonString().Replace(group, "group", StringComparison.Ordinal).Replace(ns, "namespace", StringComparison.Ordinal);
        return Comparable(answer.Status, (JsonObject)JsonNode.Parse(text)!);
    }

    // Without what differs by nature: ids, versions, times, and the order of several mistakes.
    private static JsonObject Comparable(int status, JsonObject body)
    {
        body["httpStatus"] = status;
        if ((string?)body["kind"] == "Status")
        {
            if (body["details"]?["causes"] is JsonArray { Count: > 1 } causes)
            {
                body.Remove("message");
                body["details"]!["causes"] = new JsonArray(
                    [.. causes.OrderBy(static cause => cause!.ToJsonString(), StringComparer.Ordinal).Select(static cause => cause!.DeepClone())]);
            }

            return body;
        }

        var metadata = (JsonObject)body["metadata"]!;
        foreach (var name in (ReadOnlySpan<string>)["uid", "creationTimestamp", "resourceVersion"])
        {
            metadata.Remove(name);
        }

        foreach (var entry in metadata["managedFields"] as JsonArray ?? [])
        {
            // That there is a time is part of the contract; which one is not.
            entry!["time"] = entry["time"] is not null;
        }

        // Entries are sorted by second, and a second may end between the two servers' answers.
        if (metadata["managedFields"] is JsonArray entries)
        {
            metadata["managedFields"] = new JsonArray(
                [.. entries.OrderBy(static entry => entry!.ToJsonString(), StringComparer.Ordinal).Select(static entry => entry!.DeepClone())]);
        }

        return body;
    }
}
