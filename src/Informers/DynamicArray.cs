namespace CrMonitor.Informers;

/// <summary>Walks the elements of an array in a <see cref="DynamicObject"/>, by <c>foreach</c>. Allocates nothing.</summary>
public ref struct DynamicArray
{
    private JsonItems _items;

    internal DynamicArray(ReadOnlySpan<byte> utf8) => _items = new JsonItems(utf8);

    /// <summary>The current element.</summary>
    public readonly DynamicValue Current => new(_items.Value);

    /// <summary>Goes to the next element.</summary>
    /// <returns><see langword="false"/> after the last one.</returns>
    public bool MoveNext() => _items.MoveNext();

    /// <summary>The walk itself, which <c>foreach</c> asks for.</summary>
    public readonly DynamicArray GetEnumerator() => this;
}
