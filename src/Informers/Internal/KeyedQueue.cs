using System.Runtime.InteropServices;

namespace CrMonitor.Informers;

/// <summary>Values in the order in which their keys came, at most one a key. Once it has the room, it allocates nothing. Not for several threads.</summary>
internal sealed class KeyedQueue<TValue>
    where TValue : struct
{
    private const int None = -1;
    private const int KeptCapacity = 1024;   // what more a burst (a first list) takes is given back when all is done

    private Dictionary<ObjectKey, int> _places = [];
    private Slot[] _slots = [];
    private int _used;          // slots that were ever taken
    private int _free = None;   // the first of the slots that were given back, linked by Next
    private int _first = None;
    private int _last = None;

    public int Count => _places.Count;

    /// <summary>For how many keys there is room.</summary>
    public int Capacity => _slots.Length;

    /// <summary>Makes room for <paramref name="count"/> keys in all.</summary>
    public void EnsureCapacity(int count)
    {
        _places.EnsureCapacity(count);
        if (count > _slots.Length)
        {
            Array.Resize(ref _slots, count);
        }
    }

    public bool Contains(ObjectKey key) => _places.ContainsKey(key);

    /// <summary>The value of a key, which is put at the end if it is new. The reference holds until the next call.</summary>
    public ref TValue GetOrAdd(ObjectKey key, out bool isNew)
    {
        ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, key, out var exists);
        isNew = !exists;
        if (isNew)
        {
            place = AddLast(key);
        }

        return ref _slots[place].Value;
    }

    /// <summary>Whether there is a first value.</summary>
    public bool TryPeek(out ObjectKey key, out TValue value)
    {
        if (_first == None)
        {
            (key, value) = (default, default);
            return false;
        }

        ref readonly var first = ref _slots[_first];
        (key, value) = (first.Key, first.Value);
        return true;
    }

    public bool Remove(ObjectKey key)
    {
        if (!_places.Remove(key, out var place))
        {
            return false;
        }

        ref var slot = ref _slots[place];
        (slot.Previous == None ? ref _first : ref _slots[slot.Previous].Next) = slot.Next;
        (slot.Next == None ? ref _last : ref _slots[slot.Next].Previous) = slot.Previous;
        slot = new Slot { Next = _free };
        _free = place;
        if (Count == 0 && _slots.Length > KeptCapacity)
        {
            Clear();
        }

        return true;
    }

    public void Clear()
    {
        _places = [];
        _slots = [];
        _used = 0;
        (_free, _first, _last) = (None, None, None);
    }

    private int AddLast(ObjectKey key)
    {
        var place = _free;
        if (place != None)
        {
            _free = _slots[place].Next;
        }
        else
        {
            place = _used++;
            if (place == _slots.Length)
            {
                Array.Resize(ref _slots, Math.Max(4, 2 * place));
            }
        }

        _slots[place] = new Slot { Key = key, Previous = _last, Next = None };
        (_last == None ? ref _first : ref _slots[_last].Next) = place;
        _last = place;
        return place;
    }

    private struct Slot
    {
        public ObjectKey Key;
        public TValue Value;
        public int Previous;
        public int Next;
    }
}
