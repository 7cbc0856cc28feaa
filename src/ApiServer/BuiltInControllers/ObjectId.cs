namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>Namespace and name of an object of a known kind.</summary>
internal readonly record struct ObjectId(string Namespace, string Name)
{
    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
