using CrMonitor.Informers;
using k8s.Models;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

public sealed class WriteWitnessTests
{
    private static readonly CancellationToken Cancelled = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reconciler_has_converged_when_a_run_changes_nothing_even_if_it_applies_what_is_there()
    {
        await using var rig = await OperatorRig.CreateAsync(new FakeReconciler());
        await rig.Client.CreateAsync(New("w"), cancellationToken: Cancelled);
        var witness = new WriteWitness(rig.Client);
        var reconciler = new FakeReconciler(async (context, cancellationToken) =>
        {
            await context.Client.ApplyAsync(Child(), cancellationToken: cancellationToken);
            await context.PatchStatusAsync(new WidgetStatus { Size = 1 }, cancellationToken: cancellationToken);
            await context.Client.Live.DeleteAsync<V1ConfigMap>(new ObjectKey("default", "none"), cancellationToken: cancellationToken);
            return ReconcileResult.Done;
        });

        Assert.Equal(2, await witness.ConvergeAsync(reconciler, Key, cancellationToken: Cancelled));
        Assert.Equal(["apply configmaps default/child", "patch widgets.example.com default/w"], witness.Writes);
        Assert.Equal(1, await witness.ConvergeAsync(reconciler, Key, cancellationToken: Cancelled));

        await witness.UpdateAsync((await witness.GetAsync<Widget>(Key, Cancelled))!, cancellationToken: Cancelled);
        await witness.CreateAsync(New("v"), new WriteOptions { DryRun = true }, Cancelled);
        await witness.PatchAsync<Widget>(
            Key, KubePatch.Merge("""{"spec":{"size":9}}"""u8.ToArray()), new WriteOptions { DryRun = true }, Cancelled);
        Assert.Equal(2, witness.Writes.Count);
        Assert.True(await witness.DeleteAsync<V1ConfigMap>(new ObjectKey("default", "child"), cancellationToken: Cancelled));
        Assert.Equal("delete configmaps default/child", witness.Writes[^1]);
    }

    [Fact]
    public async Task One_that_writes_for_ever_is_told_by_what_its_last_run_wrote()
    {
        await using var rig = await OperatorRig.CreateAsync(new FakeReconciler());
        await rig.Client.CreateAsync(New("w"), cancellationToken: Cancelled);
        var count = 0;
        var reconciler = new FakeReconciler(async (context, cancellationToken) =>
        {
            await context.PatchStatusAsync(new WidgetStatus { Size = ++count }, cancellationToken: cancellationToken);
            return ReconcileResult.Done;
        });

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => new WriteWitness(rig.Client).ConvergeAsync(reconciler, Key, runs: 3, Cancelled));

        Assert.Equal("Widget default/w has not converged: run 3 of 3 wrote patch widgets.example.com default/w.", failure.Message);
        Assert.Equal(3, count);
    }

    [Fact]
    public async Task What_is_created_at_a_subresource_is_a_write_of_the_object_whatever_it_is_answered_with()
    {
        using var server = new FakeServer { Answer = _ => FakeServer.Status(System.Net.HttpStatusCode.Created, "Success") };
        var witness = new WriteWitness(server.Kube().For(DynamicObject.Of(Widgets)));

        await witness.CreateAsync(
            DynamicObject.Parse("""{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"w","namespace":"default"} }"""u8),
            new WriteOptions { Subresource = "eviction" },
            Cancelled);

        Assert.Equal(["create widgets.example.com default/w"], witness.Writes);
    }

    [Fact]
    public async Task One_that_asks_for_one_more_run_has_not_converged()
    {
        await using var rig = await OperatorRig.CreateAsync(new FakeReconciler());
        var reconciler = new FakeReconciler((_, _) => new ValueTask<ReconcileResult>(ReconcileResult.Requeue));

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => new WriteWitness(rig.Client).ConvergeAsync(reconciler, Key, runs: 2, Cancelled));

        Assert.EndsWith("run 2 of 2 asked to be run again.", failure.Message, StringComparison.Ordinal);
    }

    private static Widget New(string name) => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = name },
        Spec = new WidgetSpec { Size = 1 },
    };

    private static V1ConfigMap Child() => new()
    {
        ApiVersion = "v1",
        Kind = "ConfigMap",
        Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "child" },
        Data = new Dictionary<string, string> { ["a"] = "b" },
    };
}
