using System.Text.Json;

namespace CrMonitor.Informers;

/// <summary>Metadata are JSON, but not metadata. The serializer adds where in the object they stand.</summary>
internal sealed class MetadataException(MetadataPlace place, string message) : JsonException(message)
{
    /// <summary>Where in the metadata.</summary>
    public MetadataPlace Place { get; } = place;
}
