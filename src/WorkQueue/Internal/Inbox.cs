using System.Runtime.CompilerServices;

namespace CrMonitor.WorkQueue;

/// <summary>
/// What producers and workers told the queue and it has not looked at yet: additions and ends of work, in a ring. Posting takes no lock, so that a
/// busy queue's lock, and the memory it guards, stay with those who take keys; whoever holds the lock reads the messages first of all. So the queue
/// is always as if they had been posted under the lock.
/// </summary>
/// <remarks>
/// <para>Any thread may post. The queue's lock guards everything else.</para>
/// <para>
/// Each place in the ring has a turn: <c>position</c> when it is free for that position, <c>position + 1</c> when the message is complete,
/// <c>position + Capacity</c> when it has been read. (The bounded queue of Dmitry Vyukov, with one reader.)
/// </para>
/// </remarks>
internal sealed class Inbox<TKey> where TKey : notnull
{
    public const int Capacity = 256;

    private const int Mask = Capacity - 1;
    private const long ClosedFlag = 1;

    private readonly Place[] _places = new Place[Capacity];
    private PaddedLong _tail; // the next position, shifted by one for ClosedFlag
    private long _head;

    public Inbox()
    {
        for (var i = 0; i < Capacity; i++)
        {
            _places[i].Turn = i;
        }
    }

    /// <summary>Whether messages are refused, so that all must come by the lock.</summary>
    public bool IsClosed => (Volatile.Read(ref _tail.Value) & ClosedFlag) != 0;

    /// <summary>The hash of a message that is to be read soon, if there is one: enough to prefetch with.</summary>
    public uint HashAhead => _places[(int)(_head + 4) & Mask].Message.Hash;

    /// <summary>Refuses further messages. Those that were posted before can be read when this returns.</summary>
    public void Close() => Interlocked.Or(ref _tail.Value, ClosedFlag);

    public void Open() => Interlocked.And(ref _tail.Value, ~ClosedFlag);

    /// <summary>Takes a place in the ring, which <see cref="Publish"/> must fill at once.</summary>
    /// <returns>The index of the place; -1 if the inbox is closed or full, and the message has to come by the lock.</returns>
    public int TryReserve()
    {
        while (true)
        {
            var tail = Volatile.Read(ref _tail.Value);
            var position = tail >> 1;
            var index = (int)position & Mask;
            var turn = Volatile.Read(ref _places[index].Turn);
            if ((tail & ClosedFlag) != 0 || turn < position)
            {
                return -1;
            }

            if (turn == position && Interlocked.CompareExchange(ref _tail.Value, tail + 2, tail) == tail)
            {
                return index;
            }
        }
    }

    public void Publish(int index, in Message<TKey> message)
    {
        ref var place = ref _places[index];
        place.Message = message;
        Volatile.Write(ref place.Turn, place.Turn + 1);
    }

    /// <summary>The index of the oldest message.</summary>
    /// <returns>-1 if there is none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Peek()
    {
        var index = (int)_head & Mask;
        return Volatile.Read(ref _places[index].Turn) == _head + 1 || IsComing(index) ? index : -1;
    }

    /// <summary>Frees the place of the oldest message.</summary>
    /// <returns>What it said.</returns>
    public Message<TKey> Read(int index)
    {
        ref var place = ref _places[index];
        var message = place.Message;
        place.Message.Key = default!;
        Volatile.Write(ref place.Turn, _head + Capacity);
        _head++;
        return message;
    }

    private bool IsComing(int index)
    {
        if (Volatile.Read(ref _tail.Value) >> 1 == _head)
        {
            return false;
        }

        // Its thread is between two instructions, or was interrupted there.
        var spin = default(SpinWait);
        while (Volatile.Read(ref _places[index].Turn) != _head + 1)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }

        return true;
    }

    private struct Place
    {
        public long Turn;
        public Message<TKey> Message;
    }
}
