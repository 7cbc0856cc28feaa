namespace CrMonitor.Benchmarks.Informers;

/// <summary>What is asked of a store with objects in 100 namespaces.</summary>
public enum LookupOperation
{
    /// <summary>One object by its key.</summary>
    Get,

    /// <summary>The ten objects of one owner.</summary>
    ByIndex,

    /// <summary>All objects of one namespace: a thousand of 100,000.</summary>
    Namespace,

    /// <summary>Those objects of a namespace that have two labels.</summary>
    NamespaceSelector,

    /// <summary>Those objects of all that have two labels: 5,000 of 100,000.</summary>
    Selector,

    /// <summary>Everything.</summary>
    All,
}
