using System.Globalization;

namespace CrMonitor.Informers;

/// <summary>Where in the metadata something stands, for a message.</summary>
/// <param name="Property">The member of the metadata.</param>
/// <param name="Index">Which element of it, if it is an array; else -1.</param>
/// <param name="Member">The member of the element, or the key of the map.</param>
internal readonly record struct MetadataPlace(string Property, int Index = -1, string? Member = null)
{
    public override string ToString() => Property
        + (Index < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"[{Index}]"))
        + (Member is null ? "" : Member.All(char.IsAsciiLetterOrDigit) ? $".{Member}" : $"['{Member}']");
}
