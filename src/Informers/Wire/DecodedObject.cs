using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>An object, or why its bytes are none.</summary>
/// <param name="Object">The object; <see langword="null"/> if it could not be decoded.</param>
/// <param name="Key">Its key, as far as it can be read.</param>
/// <param name="ResourceVersion">Its version, as far as it can be read.</param>
/// <param name="Error">Why it could not be decoded.</param>
/// <param name="Invalid">What can be said of an object that has a key and could not be decoded.</param>
/// <param name="Bytes">The length of its JSON without what is not kept; 0 if it was not made of JSON.</param>
internal readonly record struct DecodedObject<T>(
    T? Object, ObjectKey? Key, string? ResourceVersion, Exception? Error, InvalidObject? Invalid = null, int Bytes = 0)
    where T : class, IKubernetesObject<V1ObjectMeta>;
