using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Finds cached objects that somebody has changed, by a hash of their JSON. Is called under the informer's gate.</summary>
/// <param name="resource">Whose objects they are.</param>
/// <param name="mutated">Is told the key of a changed object, once a change.</param>
/// <param name="unreadable">Is told why an object cannot be written as JSON; it is then not watched over.</param>
internal sealed class MutationDetector<T>(KubeResource<T> resource, Action<ObjectKey> mutated, Action<ObjectKey, Exception> unreadable)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly ConditionalWeakTable<T, StrongBox<int>> _hashes = [];
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>An object comes into the cache.</summary>
    public void Remember(ObjectKey key, T? cached)
    {
        if (cached is not null && TryHash(key, cached) is { } hash)
        {
            _hashes.AddOrUpdate(cached, new StrongBox<int>(hash));
        }
    }

    /// <summary>Looks at an object that is in the cache, or leaves it.</summary>
    public void Check(ObjectKey key, T? cached)
    {
        if (cached is null || !_hashes.TryGetValue(cached, out var known))
        {
            return;
        }

        if (TryHash(key, cached) is { } now && now != known.Value)
        {
            known.Value = now;
            mutated(key);
        }
    }

    private int? TryHash(ObjectKey key, T cached)
    {
        try
        {
            _bytes.ResetWrittenCount();
            using (var writer = new Utf8JsonWriter(_bytes))
            {
                JsonSerializer.Serialize(writer, cached, resource.Json);
            }

            var hash = default(HashCode);
            hash.AddBytes(_bytes.WrittenSpan);
            return hash.ToHashCode();
        }
        catch (Exception e)
        {
            // The model's own converters run here: what they throw concerns the detector alone.
            unreadable(key, e);
            return null;
        }
    }
}
