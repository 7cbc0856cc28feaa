namespace CrMonitor.WorkQueue;

/// <summary>What the functions of a <see cref="FairOrder{TKey, TFlow}"/> say of the flow of a key.</summary>
internal readonly record struct FlowSettings<TFlow>(TFlow Name, int Weight);
