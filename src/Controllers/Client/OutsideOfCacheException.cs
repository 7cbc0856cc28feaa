namespace CrMonitor.Controllers;

/// <summary>
/// A read that no cache of the host can answer, because those of the kind hold other namespaces or only selected objects. It says what they hold, and
/// what to do. The server was not asked.
/// </summary>
public sealed class OutsideOfCacheException : InvalidOperationException
{
    internal OutsideOfCacheException(string message)
        : base(message)
    {
    }
}
