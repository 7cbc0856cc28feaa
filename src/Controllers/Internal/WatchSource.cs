using CrMonitor.Informers;

namespace CrMonitor.Controllers;

/// <summary>Objects of another kind that wake a controller.</summary>
internal abstract class WatchSource
{
    /// <summary>Begins to translate changes of the other objects into keys of <paramref name="target"/>.</summary>
    public abstract HandlerRegistration Attach(IInformers informers, IServiceProvider services, IReconcileTarget target);
}
