using System.Collections.Concurrent;

namespace CrMonitor.Tests;

/// <summary>The exceptions of tasks that nobody looks at, of the whole process, from the construction to the disposal.</summary>
internal sealed class UnobservedExceptions : IDisposable
{
    private readonly ConcurrentQueue<Exception> _exceptions = new();

    public UnobservedExceptions()
    {
        CollectGarbage();
        TaskScheduler.UnobservedTaskException += Keep;
    }

    /// <summary>Those up to now.</summary>
    public IReadOnlyCollection<Exception> Collect()
    {
        CollectGarbage();
        return _exceptions;
    }

    public void Dispose() => TaskScheduler.UnobservedTaskException -= Keep;

    private static void CollectGarbage()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    private void Keep(object? sender, UnobservedTaskExceptionEventArgs arguments) => _exceptions.Enqueue(arguments.Exception);
}
