using CrMonitor.Informers;
using CrMonitor.WorkQueue;

namespace CrMonitor.Controllers.Tests;

/// <summary>A rate limiter that fails when it is asked for a delay.</summary>
internal sealed class BrokenLimiter : IRateLimiter<ObjectKey>
{
    public TimeSpan When(ObjectKey key) => throw new InvalidOperationException("a mistake in the limiter");

    public void Forget(ObjectKey key)
    {
    }

    public int Retries(ObjectKey key) => 0;
}
