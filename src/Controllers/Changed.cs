namespace CrMonitor.Controllers;

/// <summary>Which changes of an object, be it the reconciled one or another, start a run. The flags add up: one that applies is enough.</summary>
/// <remarks>
/// Creation, deletion, a resync, and a deletion followed by a new object of the same name always start one.
/// A change that is not asked for costs nothing, and above all: the controller's own status writes do not wake it.
/// </remarks>
[Flags]
public enum Changed
{
    /// <summary>No update starts a run.</summary>
    None = 0,

    /// <summary>
    /// <c>metadata.generation</c>, that is: the spec. A server raises it on changes of the spec alone only where the kind has a status subresource;
    /// elsewhere on every write.
    /// </summary>
    Generation = 1,

    /// <summary><c>metadata.labels</c>.</summary>
    Labels = 2,

    /// <summary><c>metadata.annotations</c>.</summary>
    Annotations = 4,

    /// <summary>
    /// Deletion was asked for (<c>metadata.deletionTimestamp</c> is set), or the finalizers changed since: a finalizer that waits for another one sees it go.
    /// </summary>
    Deletion = 8,

    /// <summary><c>metadata.finalizers</c> of an object that is not being deleted: needed only to notice that somebody took a finalizer away.</summary>
    Finalizers = 16,

    /// <summary><c>metadata.ownerReferences</c>.</summary>
    OwnerReferences = 32,

    /// <summary>Anything, the status included: every new <c>metadata.resourceVersion</c>. The default.</summary>
    Anything = 64,

    /// <summary>
    /// <c>status</c>: what another controller reports. The two states of an object are written as JSON to be compared.
    /// A kind whose model has no such member fails the start.
    /// </summary>
    Status = 128,

    /// <summary>
    /// <c>spec</c>, compared as <see cref="Status"/> is: for kinds without a status subresource, whose <see cref="Generation"/> rises on every write,
    /// and for those without a generation.
    /// </summary>
    Spec = 256,
}
