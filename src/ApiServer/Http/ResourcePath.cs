namespace CrMonitor.ApiServer.Http;

/// <summary>What a path names. All texts are empty where it names nothing of the kind.</summary>
/// <param name="Group">The API group.</param>
/// <param name="Version">The version within the group.</param>
/// <param name="Resource">The plural name of the resource; empty if the path is none of a resource.</param>
/// <param name="Namespace">The namespace.</param>
/// <param name="Name">The object's name.</param>
/// <param name="Subresource">The subresource.</param>
/// <param name="IsOldWatch">It asks for a watch in the way of old, by <c>/watch/</c> before the resource.</param>
internal readonly record struct ResourcePath(
    string Group, string Version, string Resource, string Namespace, string Name, string Subresource, bool IsOldWatch)
{
    public static ResourcePath Of(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries).AsSpan();
        string group;
        switch (parts)
        {
            case ["api", _, _, ..]:
                group = "";
                parts = parts[1..];
                break;
            case ["apis", _, _, _, ..]:
                group = parts[1];
                parts = parts[2..];
                break;
            default:
                return new ResourcePath("", "", "", "", "", "", IsOldWatch: false);
        }

        var version = parts[0];
        parts = parts[1..];
        var isOldWatch = parts is ["watch", _, ..];
        if (isOldWatch)
        {
            parts = parts[1..];
        }

        var ns = "";
        if (parts is ["namespaces", _, not ("status" or "finalize"), ..])
        {
            ns = parts[1];
            parts = parts[2..];
        }

        return new ResourcePath(
            group, version, parts[0], ns, parts.Length > 1 ? parts[1] : "", parts.Length > 2 ? parts[2] : "", isOldWatch);
    }
}
