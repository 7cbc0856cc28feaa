using System.Runtime.CompilerServices;

namespace CrMonitor.WorkQueue;

/// <summary>
/// What producers and workers told the queue and it has not looked at yet: additions and ends of work, in a ring. Posting takes no lock, so that a
/// busy queue's lock, and the memory it guards, stay with those who take keys; whoever looks at that memory reads the messages first of all. So the
/// queue is always as if they had been posted under the lock.
/// </summary>
/// <remarks>
/// <para>Any thread may post. The queue's lock guards everything else.</para>
/// <para>
/// Positions count up for ever; the place of a position is its remainder. A place is free for a position once the one a round before has been read,
/// and its message is complete when it has the number of the round.
/// </para>
/// </remarks>
internal sealed class Inbox<TKey> : InboxHead where TKey : notnull
{
    public const int Capacity = 256;

    private const int Mask = Capacity - 1;
    private const int FlagBits = 2;
    private const long ClosedFlag = 1;
    private const long ClosedToAdditionsFlag = 2;

    private readonly Place[] _places = new Place[Capacity];
    private InboxTail _tail;

    public Inbox() => _tail.Limit = Capacity;

    /// <summary>Whether messages are refused, so that all must come by the lock.</summary>
    public bool IsClosed => (Volatile.Read(ref _tail.Next) & ClosedFlag) != 0;

    /// <summary>Whether additions are refused; ends of work may still be posted.</summary>
    public bool IsClosedToAdditions => (Volatile.Read(ref _tail.Next) & (ClosedFlag | ClosedToAdditionsFlag)) != 0;

    /// <summary>The position of the next message to be read.</summary>
    public long Position => Head.Value;

    /// <summary>The position behind all messages that were posted until now.</summary>
    public long End => Volatile.Read(ref _tail.Next) >> FlagBits;

    /// <summary>Where in the ring a position is.</summary>
    public static int PlaceOf(long position) => (int)position & Mask;

    /// <summary>Refuses further messages. Those that were posted before can be read when this returns.</summary>
    public void Close() => Interlocked.Or(ref _tail.Next, ClosedFlag);

    /// <summary>Ends <see cref="Close"/>.</summary>
    public void Open() => Interlocked.And(ref _tail.Next, ~ClosedFlag);

    /// <summary>Refuses further additions for ever.</summary>
    /// <inheritdoc cref="Close"/>
    public void CloseToAdditions() => Interlocked.Or(ref _tail.Next, ClosedToAdditionsFlag);

    /// <summary>Takes a place in the ring for an end of work, which <see cref="Publish"/> must fill at once.</summary>
    /// <returns>The position of the place; -1 if the inbox is closed or full, and the message has to come by the lock.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long TryReserve() => TryReserve(ClosedFlag);

    /// <summary>Takes a place for an addition.</summary>
    /// <inheritdoc cref="TryReserve()"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long TryReserveForAddition() => TryReserve(ClosedFlag | ClosedToAdditionsFlag);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Publish(long position, in Message<TKey> message)
    {
        ref var place = ref _places[PlaceOf(position)];
        place.Message = message;
        Volatile.Write(ref place.Position, position + 1);
    }

    /// <summary>
    /// A message that was posted and may not be complete yet: enough to prefetch with. What is missing is that of an older message, or nothing.
    /// </summary>
    public ref readonly Message<TKey> Ahead(long position) => ref _places[PlaceOf(position)].Message;

    /// <summary>The place of the oldest message, which must have been posted; returns when it is complete.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Peek()
    {
        var position = Head.Value;
        var place = PlaceOf(position);
        if (Volatile.Read(ref _places[place].Position) != position + 1)
        {
            Await(ref _places[place], position);
        }

        return place;
    }

    /// <summary>What the message at a place says.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Message<TKey> Read(int place) => _places[place].Message;

    /// <summary>Frees the place of the oldest message.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Free(int place)
    {
        _places[place].Message.Key = default!;
        Volatile.Write(ref Head.Value, Head.Value + 1);
    }

    private static void Await(ref Place place, long position)
    {
        // Its thread is between two instructions, or was interrupted there.
        var spin = default(SpinWait);
        while (Volatile.Read(ref place.Position) != position + 1)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long TryReserve(long refusingFlags)
    {
        while (true)
        {
            var tail = Volatile.Read(ref _tail.Next);
            var position = tail >> FlagBits;
            if ((tail & refusingFlags) != 0 || (position >= Volatile.Read(ref _tail.Limit) && !IsFree(position)))
            {
                return -1;
            }

            if (Interlocked.CompareExchange(ref _tail.Next, tail + (1 << FlagBits), tail) == tail)
            {
                return position;
            }
        }
    }

    /// <summary>Looks how far the reader has come, which posters else need not know.</summary>
    private bool IsFree(long position)
    {
        // A slower thread may write an older limit over this one. Then somebody looks again.
        var limit = Volatile.Read(ref Head.Value) + Capacity;
        Volatile.Write(ref _tail.Limit, limit);
        return position < limit;
    }

    private struct Place
    {
        /// <summary>That of the message, + 1, once it is complete.</summary>
        public long Position;

        public Message<TKey> Message;
    }
}
