namespace CrMonitor.ApiServer;

/// <summary>One thing that RBAC can allow: a verb on a resource.</summary>
/// <param name="Group">The API group; empty for the core group.</param>
/// <param name="Resource">The plural name, with the subresource if there is one: <c>deployments/status</c>.</param>
/// <param name="Verb">Such as <c>get</c>, <c>list</c> or <c>patch</c>.</param>
public readonly record struct Permission(string Group, string Resource, string Verb)
{
    /// <summary>Such as <c>patch deployments/status of apps</c>.</summary>
    public override string ToString() => Group.Length == 0 ? $"{Verb} {Resource}" : $"{Verb} {Resource} of {Group}";
}
