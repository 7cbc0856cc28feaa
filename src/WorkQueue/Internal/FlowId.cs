namespace CrMonitor.WorkQueue;

/// <summary>A flow, as producers and the reader of the inbox tell each other which one they mean.</summary>
/// <param name="weight">What the functions of the order said of it when this was made. One that says something else needs another object.</param>
internal abstract class FlowId(int weight)
{
    public int Weight { get; } = weight;

    /// <summary>
    /// The number of the flow; negative while it has none, or if another object stands for the flow now. The queue's lock guards it.
    /// </summary>
    public int Number { get; set; } = -1;
}
