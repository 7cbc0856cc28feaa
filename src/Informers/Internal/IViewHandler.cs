namespace CrMonitor.Informers;

/// <summary>A handler that passes on to another what it is told.</summary>
internal interface IViewHandler
{
    /// <summary>The type of the other one.</summary>
    Type HandlerType { get; }
}
