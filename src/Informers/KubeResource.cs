using System.Reflection;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Which kind of object is meant, and where a server keeps it: group, version, plural and kind.</summary>
/// <param name="Group">The API group, such as <c>apps</c>; empty for the core group.</param>
/// <param name="Version">The version within the group, such as <c>v1</c>.</param>
/// <param name="Plural">The resource's name in URLs, such as <c>deployments</c>.</param>
/// <param name="Kind">The name that objects carry in <c>kind</c>, such as <c>Deployment</c>.</param>
public record KubeResource(string Group, string Version, string Plural, string Kind)
{
    /// <summary><c>group/version</c>, or the version alone for the core group: what objects carry in <c>apiVersion</c>.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>Reads the resource from the <see cref="KubernetesEntityAttribute"/> of a model type.</summary>
    /// <exception cref="InvalidOperationException"><paramref name="type"/> has no such attribute.</exception>
    public static KubeResource Of(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        var entity = type.GetCustomAttribute<KubernetesEntityAttribute>()
            ?? throw new InvalidOperationException(
                $"{type.Name} does not say which Kubernetes resource it is. Put [KubernetesEntity(Group, ApiVersion, Kind, PluralName)] on it, "
                + "or pass a KubeResource explicitly.");
        return new KubeResource(entity.Group ?? "", entity.ApiVersion, entity.PluralName, entity.Kind);
    }

    /// <summary>The path of the collection: in one namespace, or (<see langword="null"/>) in all of them.</summary>
    public string CollectionPath(string? ns = null)
    {
        var root = Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}";
        return ns is null ? $"{root}/{Plural}" : $"{root}/namespaces/{Uri.EscapeDataString(ns)}/{Plural}";
    }

    /// <summary>The path of one object, or of a subresource of it such as <c>status</c>.</summary>
    public string ObjectPath(ObjectKey key, string? subresource = null)
    {
        var path = $"{CollectionPath(key.Namespace)}/{Uri.EscapeDataString(key.Name)}";
        return subresource is null ? path : $"{path}/{subresource}";
    }

    /// <summary><c>plural.group</c>, as CustomResourceDefinitions are named and error messages of Kubernetes say it.</summary>
    public override string ToString() => Group.Length == 0 ? Plural : $"{Plural}.{Group}";
}
