using CrMonitor.Informers;

namespace CrMonitor.Controllers;

/// <summary>A handler of a controller in one call, and since when.</summary>
internal readonly record struct BusyHandler(KubeResource Resource, TimeSpan For);
