namespace CrMonitor.Informers;

/// <summary>Tells metadata that a server has sent alone from whole objects.</summary>
internal static class MetadataPart
{
    /// <summary>Objects of type <typeparamref name="T"/> are metadata alone, and so is this one.</summary>
    public static bool Is<T>(ReadOnlySpan<byte> json) =>
        typeof(T) == typeof(PartialObjectMetadata) && json[ObjectHeader.Read(json).Kind].SequenceEqual("\"PartialObjectMetadata\""u8);
}
