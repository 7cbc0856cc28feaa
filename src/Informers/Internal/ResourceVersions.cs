using System.Diagnostics.CodeAnalysis;

namespace CrMonitor.Informers;

/// <summary>Compares resourceVersions, which are positive decimal numbers of any length.</summary>
internal static class ResourceVersions
{
    /// <summary>Negative, zero or positive as <paramref name="left"/> is older than, equal to or newer than <paramref name="right"/>.</summary>
    /// <returns><see langword="false"/> if one of them is not a positive number without leading zeros: such versions have no order.</returns>
    public static bool TryCompare(string? left, string? right, out int order)
    {
        order = 0;
        if (!IsComparable(left) || !IsComparable(right))
        {
            return false;
        }

        order = left!.Length != right!.Length ? left.Length.CompareTo(right.Length) : string.CompareOrdinal(left, right);
        return true;
    }

    /// <summary>The version is not older than <paramref name="least"/>. Of versions without an order nothing is known, hence not that.</summary>
    public static bool IsAtLeast(string? version, string? least) => TryCompare(version, least, out var order) && order >= 0;

    /// <summary>The version is a positive number without leading zeros.</summary>
    public static bool IsComparable([NotNullWhen(true)] string? version) =>
        version is [>= '1' and <= '9', ..] && !version.AsSpan().ContainsAnyExceptInRange('0', '9');
}
