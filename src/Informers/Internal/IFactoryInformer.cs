namespace CrMonitor.Informers;

/// <summary>What a factory asks of the informers that it hands out.</summary>
internal interface IFactoryInformer : ISharedInformer
{
    /// <summary>Which informer this is, and why it has not synced.</summary>
    string DescribeLate();
}
