using System.Globalization;
using System.Text.RegularExpressions;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>Kubernetes' order of versions: v2 before v1 before v2beta1 before v1beta2 before v1alpha1, then all others by name.</summary>
internal static partial class KubernetesVersion
{
    /// <summary>Below zero where <paramref name="left"/> is preferred to <paramref name="right"/>.</summary>
    public static int Compare(string left, string right)
    {
        var (l, r) = (Rank(left), Rank(right));
        if (l is null || r is null)
        {
            return l is not null ? -1 : r is not null ? 1 : string.CompareOrdinal(left, right);
        }

        var (a, b) = (l.Value, r.Value);
        var byStage = b.Stage.CompareTo(a.Stage);
        var byMajor = b.Major.CompareTo(a.Major);
        return byStage != 0 ? byStage : byMajor != 0 ? byMajor : b.Minor.CompareTo(a.Minor);
    }

    private static (int Stage, long Major, long Minor)? Rank(string version)
    {
        if (Pattern.Match(version) is not { Success: true } match
            || !long.TryParse(match.Groups["major"].Value, CultureInfo.InvariantCulture, out var major))
        {
            return null;
        }

        var stage = match.Groups["stage"].Value switch { "" => 2, "beta" => 1, _ => 0 };
        return (stage, major, stage == 2 ? 0 : long.TryParse(match.Groups["minor"].Value, CultureInfo.InvariantCulture, out var minor) ? minor : 0);
    }

    [GeneratedRegex("^v(?<major>[1-9][0-9]*)(?:(?<stage>alpha|beta)(?<minor>[1-9][0-9]*))?$")]
    private static partial Regex Pattern { get; }
}
