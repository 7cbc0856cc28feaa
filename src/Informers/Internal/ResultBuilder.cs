namespace CrMonitor.Informers;

/// <summary>Collects an unknown number of results into an array of their number.</summary>
internal struct ResultBuilder<T>()
{
    private const int FirstCapacity = 16;

    private T[] _items = [];
    private int _count;

    public void Add(T item)
    {
        if (_count == _items.Length)
        {
            Array.Resize(ref _items, Math.Max(FirstCapacity, 2 * _count));
        }

        _items[_count++] = item;
    }

    public readonly T[] ToArray() => _count == _items.Length ? _items : _items.AsSpan(0, _count).ToArray();
}
