namespace CrMonitor.Controllers;

/// <summary>A cache that a builder has asked for, for as long as the host runs.</summary>
internal abstract class CacheRegistration
{
    /// <summary>Makes the informer.</summary>
    public abstract void Keep(IInformers informers);
}
