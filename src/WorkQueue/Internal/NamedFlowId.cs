namespace CrMonitor.WorkQueue;

/// <summary>A flow with what the functions of the order said of it.</summary>
/// <param name="name">What the flow function returned.</param>
/// <param name="weight">What the weight function returned; one at least.</param>
internal sealed class NamedFlowId<TFlow>(TFlow name, int weight) : FlowId(weight) where TFlow : notnull
{
    public TFlow Name { get; } = name;
}
