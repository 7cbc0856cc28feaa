namespace CrMonitor.Controllers;

/// <summary>What a builder has asked for: a controller, or (without a name) a cache alone.</summary>
internal sealed class Registration(string? controllerName, Func<IServiceProvider, Controller?> create)
{
    public string? ControllerName { get; } = controllerName;

    /// <summary>Makes the controller, and in any case the informers that are needed.</summary>
    public Controller? Create(IServiceProvider provider) => create(provider);
}
