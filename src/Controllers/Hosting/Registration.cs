namespace CrMonitor.Controllers;

/// <summary>What a builder has asked for: a controller, or (without a name) a cache alone.</summary>
internal sealed class Registration(string? controllerName, Func<IServiceProvider, Controller?> create)
{
    public string? ControllerName { get; } = controllerName;

    /// <summary>The type whose objects are cached; <see langword="null"/> for a controller.</summary>
    public Type? Cached { get; init; }

    /// <summary>Which of the objects.</summary>
    public CacheScope? Scope { get; init; }

    /// <summary>Makes the controller, and in any case the informers that are needed.</summary>
    public Controller? Create(IServiceProvider provider) => create(provider);
}
