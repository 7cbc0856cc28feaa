namespace CrMonitor.Controllers;

/// <summary>A controller that a builder has asked for.</summary>
internal sealed class Registration(string controllerName, Func<IServiceProvider, Controller> create)
{
    public string ControllerName { get; } = controllerName;

    public Controller Create(IServiceProvider provider) => create(provider);
}
