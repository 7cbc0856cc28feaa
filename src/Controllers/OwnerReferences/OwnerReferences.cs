using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Owner references: which object an object belongs to, so that it is deleted with it and found by <c>Owns</c>.</summary>
public static class OwnerReferences
{
    /// <summary>
    /// Makes <paramref name="owner"/> the controller of <paramref name="dependent"/>: the one owner that manages it, and whose deletion waits for it
    /// (<c>controller</c> and <c>blockOwnerDeletion</c>). References to other owners stay. Setting the same owner again renews its reference.
    /// </summary>
    /// <param name="dependent">The object to be written. It is changed, hence it must not be a cached one.</param>
    /// <param name="owner">An object that the server has stored: it has a uid.</param>
    /// <param name="ownerResource">The owner's kind and version.</param>
    /// <exception cref="AlreadyOwnedException"><paramref name="dependent"/> has another controller.</exception>
    /// <exception cref="InvalidOperationException">
    /// The owner has no uid, or it is namespaced while the dependent lives in another namespace or in none: Kubernetes would collect such a dependent as garbage.
    /// </exception>
    public static void SetController(IMetadata<V1ObjectMeta> dependent, IMetadata<V1ObjectMeta> owner, KubeResource ownerResource) =>
        Set(dependent, owner, ownerResource, isController: true);

    /// <summary>The same for an owner whose model says which resource it is.</summary>
    /// <inheritdoc cref="SetController(IMetadata{V1ObjectMeta}, IMetadata{V1ObjectMeta}, KubeResource)"/>
    public static void SetController<TOwner>(IMetadata<V1ObjectMeta> dependent, TOwner owner)
        where TOwner : class, IKubernetesObject<V1ObjectMeta> =>
        SetController(dependent, owner, KubeResource.Of(typeof(TOwner)));

    /// <summary>Makes <paramref name="owner"/> one of the owners of <paramref name="dependent"/>, which lives as long as any of them.</summary>
    /// <inheritdoc cref="SetController(IMetadata{V1ObjectMeta}, IMetadata{V1ObjectMeta}, KubeResource)"/>
    public static void Add(IMetadata<V1ObjectMeta> dependent, IMetadata<V1ObjectMeta> owner, KubeResource ownerResource) =>
        Set(dependent, owner, ownerResource, isController: false);

    /// <summary>The reference to the controller of an object, or <see langword="null"/>.</summary>
    public static V1OwnerReference? ControllerOf(IMetadata<V1ObjectMeta> dependent)
    {
        ArgumentNullException.ThrowIfNull(dependent);
        return dependent.Metadata?.OwnerReferences?.FirstOrDefault(reference => reference.Controller == true);
    }

    /// <summary>The controller of <paramref name="dependent"/> is this very <paramref name="owner"/> (by uid, not by name).</summary>
    public static bool IsControlledBy(IMetadata<V1ObjectMeta> dependent, IMetadata<V1ObjectMeta> owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        return owner.Metadata?.Uid is { Length: > 0 } uid && ControllerOf(dependent)?.Uid == uid;
    }

    /// <summary>The object has a controller, whichever.</summary>
    public static bool HasController(IMetadata<V1ObjectMeta> dependent) => ControllerOf(dependent) is not null;

    /// <summary>One of the owners of <paramref name="dependent"/> is this very <paramref name="owner"/> (by uid), as its controller or not.</summary>
    public static bool IsOwnedBy(IMetadata<V1ObjectMeta> dependent, IMetadata<V1ObjectMeta> owner)
    {
        ArgumentNullException.ThrowIfNull(dependent);
        ArgumentNullException.ThrowIfNull(owner);
        return owner.Metadata?.Uid is { Length: > 0 } uid
            && dependent.Metadata?.OwnerReferences is { } references
            && references.Any(reference => reference.Uid == uid);
    }

    /// <summary>Takes <paramref name="owner"/> away from the owners of <paramref name="dependent"/>, also if it is the controller. Others stay.</summary>
    /// <param name="dependent">The object to be written. It is changed, hence it must not be a cached one.</param>
    /// <param name="owner">Who owned it, by its uid.</param>
    /// <returns><see langword="false"/> if it was no owner.</returns>
    public static bool Remove(IMetadata<V1ObjectMeta> dependent, IMetadata<V1ObjectMeta> owner)
    {
        if (!IsOwnedBy(dependent, owner))
        {
            return false;
        }

        // A new list: the one that is there may be an array.
        dependent.Metadata.OwnerReferences = [.. dependent.Metadata.OwnerReferences.Where(reference => reference.Uid != owner.Metadata.Uid)];
        return true;
    }

    /// <summary>Takes the controller of <paramref name="dependent"/> away, if it is this very <paramref name="owner"/>. Another controller stays.</summary>
    /// <returns><see langword="false"/>, and nothing changed, if it was not the controller.</returns>
    /// <inheritdoc cref="Remove(IMetadata{V1ObjectMeta}, IMetadata{V1ObjectMeta})"/>
    public static bool RemoveController(IMetadata<V1ObjectMeta> dependent, IMetadata<V1ObjectMeta> owner) =>
        IsControlledBy(dependent, owner) && Remove(dependent, owner);

    /// <summary>The reference means an object of this kind, in whatever version.</summary>
    internal static bool Means(this V1OwnerReference reference, KubeResource resource)
    {
        var slash = reference.ApiVersion?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        var group = slash < 0 ? [] : reference.ApiVersion.AsSpan(0, slash);
        return reference.Kind == resource.Kind && group.SequenceEqual(resource.Group);
    }

    private static void Set(IMetadata<V1ObjectMeta> dependent, IMetadata<V1ObjectMeta> owner, KubeResource ownerResource, bool isController)
    {
        ArgumentNullException.ThrowIfNull(dependent);
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(ownerResource);
        var key = ObjectKey.Of(dependent);
        var ownerKey = ObjectKey.Of(owner);
        if (string.IsNullOrEmpty(owner.Metadata.Uid))
        {
            throw new InvalidOperationException(
                $"{ownerResource.Kind} {ownerKey} cannot own {key}: it has no uid. Use the object as the server returned it.");
        }

        if (ownerKey.Namespace is { } ns && key.Namespace != ns)
        {
            throw new InvalidOperationException(
                $"{ownerResource.Kind} {ownerKey} cannot own {key}: an owner in a namespace owns only objects of the same namespace. "
                + $"Set the dependent's namespace to '{ns}', or watch it with a map function instead of owning it.");
        }

        var references = dependent.Metadata.OwnerReferences ??= [];
        if (isController && ControllerOf(dependent) is { } other && other.Uid != owner.Metadata.Uid)
        {
            throw new AlreadyOwnedException(
                $"{ownerResource.Kind} {ownerKey} cannot become the controller of {key}: {other.Kind} {other.Name} (uid {other.Uid}) is. "
                + "Delete the object, or remove that owner reference, or use another name.",
                key,
                other.Kind,
                other.Name);
        }

        var updated = new V1OwnerReference
        {
            ApiVersion = ownerResource.ApiVersion,
            Kind = ownerResource.Kind,
            Name = ownerKey.Name,
            Uid = owner.Metadata.Uid,
            Controller = isController ? true : null,
            BlockOwnerDeletion = isController ? true : null,
        };
        for (var i = 0; i < references.Count; i++)
        {
            if (references[i].Uid == owner.Metadata.Uid)
            {
                // Adding the controller once more as an owner does not take its role away.
                updated.Controller ??= references[i].Controller;
                updated.BlockOwnerDeletion ??= references[i].BlockOwnerDeletion;
                references[i] = updated;
                return;
            }
        }

        references.Add(updated);
    }
}
