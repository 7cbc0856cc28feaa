namespace CrMonitor.ApiServer.Http;

/// <summary>The body of a create, an update or a deletion.</summary>
/// <param name="Json">As JSON.</param>
/// <param name="IsYaml">Whether it came as YAML.</param>
/// <param name="RepeatedKeys">
/// What was said of keys that the YAML gives twice, such as <c>line 9: key "image" already set in map</c>. JSON is looked through when it is read.
/// </param>
internal readonly record struct ObjectBody(ReadOnlyMemory<byte> Json, bool IsYaml, IReadOnlyList<string> RepeatedKeys)
{
    /// <summary>The error that a strict reader of YAML makes of keys that are given twice.</summary>
    public static string Describe(IEnumerable<string> repeatedKeys) => "yaml: unmarshal errors:\n  " + string.Join("\n  ", repeatedKeys);
}
