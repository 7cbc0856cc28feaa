namespace CrMonitor.WorkQueue;

/// <summary>How often each key was retried. The owner's lock guards it.</summary>
internal sealed class RetryTable<TKey>(IEqualityComparer<TKey> comparer) where TKey : notnull
{
    private const int None = -1;

    private HashIndex _index = new();
    private Retried[] _retried = new Retried[16];
    private int _used;
    private int _free = None;

    public int Count => _index.Count;

    /// <inheritdoc cref="HashIndex.Prefetch"/>
    public void Prefetch(uint hash) => _index.Prefetch(hash);

    /// <summary>The number of retries, to be raised; 0 for a key that is new here.</summary>
    public ref int Of(TKey key, uint hash, out bool isNew)
    {
        var number = Find(key, hash);
        isNew = number < 0;
        if (isNew)
        {
            number = Insert(key, hash);
        }

        return ref _retried[number].Retries;
    }

    /// <returns>0 for a key that is not here.</returns>
    public int Of(TKey key, uint hash) => Find(key, hash) is >= 0 and var number ? _retried[number].Retries : 0;

    /// <returns>How often the key was retried; 0 for one that is not here.</returns>
    public int Remove(TKey key, uint hash)
    {
        var number = Find(key, hash);
        if (number < 0)
        {
            return 0;
        }

        ref var retried = ref _retried[number];
        var retries = retried.Retries;
        _index.Remove(hash, number);
        retried = new Retried { Key = default!, Next = _free };
        _free = number;
        return retries;
    }

    private int Find(TKey key, uint hash)
    {
        int number;
        var place = _index.Home(hash);
        do
        {
            number = _index.Next(hash, ref place);
        }
        while (number >= 0 && !comparer.Equals(_retried[number].Key, key));
        return number;
    }

    private int Insert(TKey key, uint hash)
    {
        int number;
        if (_free >= 0)
        {
            number = _free;
            _free = _retried[number].Next;
        }
        else
        {
            if (_used == _retried.Length)
            {
                Array.Resize(ref _retried, checked(_used * 2));
            }

            number = _used++;
        }

        _retried[number] = new Retried { Key = key };
        _index.Add(hash, number);
        return number;
    }

    private struct Retried
    {
        public TKey Key;
        public int Retries;

        /// <summary>Of an unused place, the next unused one.</summary>
        public int Next;
    }
}
