using System.Globalization;
using System.Text.Json.Nodes;
using CrMonitor.Informers;
using k8s.Models;
using static CrMonitor.Controllers.Tests.Objects;

namespace CrMonitor.Controllers.Tests;

/// <summary>Gives each widget one ConfigMap that says its size, and says the size in the status; a finalizer takes the ConfigMap away.</summary>
/// <param name="hasFixedNames">
/// True to apply a child of the widget's name. False to create one whose name the server finds: only what the cache shows then keeps it from a second one.
/// </param>
internal sealed class ChildReconciler(bool hasFixedNames) : IReconciler<Widget>
{
    public const string SizeKey = "size";
    private const string Finalizer = "example.com/child";

    private int _count;

    public int Count => Volatile.Read(ref _count);

    public async ValueTask<ReconcileResult> ReconcileAsync(ReconcileContext<Widget> context, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _count);
        if (await context.FinalizeAsync(Finalizer, (widget, token) => DeleteChildrenAsync(context.Client, widget, token), cancellationToken))
        {
            return ReconcileResult.Done;
        }

        var widget = context.Object!;
        var children = Of(widget, await context.Client.ListAsync<V1ConfigMap>(context.Key.Namespace, cancellationToken: cancellationToken));
        if (hasFixedNames)
        {
            await ApplyAsync(context.Client, widget, children.FirstOrDefault(), cancellationToken);
        }
        else
        {
            await CreateOrPatchAsync(context.Client, widget, children, cancellationToken);
        }

        await context.PatchStatusAsync(new WidgetStatus { Size = widget.Spec!.Size }, cancellationToken: cancellationToken);
        return ReconcileResult.Done;
    }

    private static async Task ApplyAsync(IKubeClient client, Widget widget, V1ConfigMap? child, CancellationToken cancellationToken)
    {
        var desired = Desired(widget);
        if (child?.Data?[SizeKey] != desired.Data[SizeKey])
        {
            desired.Metadata.Name = widget.Metadata.Name;
            await client.ApplyAsync(desired, new ApplyOptions { Force = true }, cancellationToken);
        }
    }

    private static async Task CreateOrPatchAsync(IKubeClient client, Widget widget, List<V1ConfigMap> children, CancellationToken cancellationToken)
    {
        var desired = Desired(widget);
        if (children is not [var child, .. var others])
        {
            desired.Metadata.GenerateName = $"{widget.Metadata.Name}-";
            await client.CreateAsync(desired, cancellationToken: cancellationToken);
            return;
        }

        // Where the answer to a create was lost there may be two.
        foreach (var other in others)
        {
            await client.DeleteAsync<V1ConfigMap>(ObjectKey.Of(other), new DeleteOptions { Uid = other.Metadata.Uid }, cancellationToken);
        }

        if (child.Data?[SizeKey] != desired.Data[SizeKey])
        {
            var patch = new JsonObject { ["data"] = new JsonObject { [SizeKey] = desired.Data[SizeKey] } };
            await client.PatchAsync<V1ConfigMap>(ObjectKey.Of(child), KubePatch.Merge(patch), cancellationToken: cancellationToken);
        }
    }

    // Asks the server: a child whose create was not answered may not stand in the cache yet.
    private static async ValueTask DeleteChildrenAsync(IKubeClient client, Widget widget, CancellationToken cancellationToken)
    {
        foreach (var child in Of(widget, await client.Live.ListAsync<V1ConfigMap>(widget.Metadata.NamespaceProperty, cancellationToken: cancellationToken)))
        {
            await client.DeleteAsync<V1ConfigMap>(ObjectKey.Of(child), new DeleteOptions { Uid = child.Metadata.Uid }, cancellationToken);
        }
    }

    private static List<V1ConfigMap> Of(Widget widget, IEnumerable<V1ConfigMap> all) =>
        [.. all.Where(child => OwnerReferences.IsControlledBy(child, widget)).OrderBy(child => child.Metadata.Name, StringComparer.Ordinal)];

    private static V1ConfigMap Desired(Widget widget)
    {
        var child = new V1ConfigMap
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = widget.Metadata.NamespaceProperty },
            Data = new Dictionary<string, string> { [SizeKey] = widget.Spec!.Size.ToString(CultureInfo.InvariantCulture) },
        };
        OwnerReferences.SetController(child, widget, Widgets);
        return child;
    }
}
