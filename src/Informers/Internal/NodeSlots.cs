using System.Runtime.CompilerServices;

namespace CrMonitor.Informers;

/// <summary>
/// The children of a node of a <see cref="PersistentMap{TKey,TValue}"/>, inside the node: a look-up reads no array header and checks no bounds.
/// </summary>
[InlineArray(Length)]
internal struct NodeSlots
{
    public const int Length = 16;

    private object? _first;
}
