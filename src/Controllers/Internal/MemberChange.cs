using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>Compares one member of objects, such as <c>status</c>. Models cannot be compared but by what they are written as.</summary>
internal sealed class MemberChange<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly DynamicPath _path;
    private readonly Func<object, object?>? _get; // null for dynamic objects
    private readonly JsonTypeInfo? _contract;

    private MemberChange(string member, Func<object, object?>? get, JsonTypeInfo? contract)
    {
        _path = DynamicPath.Parse(member);
        _get = get;
        _contract = contract;
    }

    /// <returns><see langword="null"/> if objects of the type have no such member.</returns>
    public static MemberChange<T>? Of(JsonTypeInfo<T> contract, string member)
    {
        if (typeof(T) == typeof(DynamicObject))
        {
            return new MemberChange<T>(member, null, null);
        }

        return contract.Properties.FirstOrDefault(property => property.Name == member) is { Get: { } get } found
            ? new MemberChange<T>(member, get, contract.Options.GetTypeInfo(found.PropertyType))
            : null;
    }

    public bool IsBetween(T old, T current)
    {
        if (old is DynamicObject before && current is DynamicObject after)
        {
            var hadIt = before.TryGet(_path, out var left);
            return hadIt != after.TryGet(_path, out var right) || !left.Utf8.SequenceEqual(right.Utf8);
        }

        return !Written(old).AsSpan().SequenceEqual(Written(current));
    }

    private byte[] Written(T owner) => _get!(owner) is { } value ? JsonSerializer.SerializeToUtf8Bytes(value, _contract!) : [];
}
