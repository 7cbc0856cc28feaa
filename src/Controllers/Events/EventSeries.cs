namespace CrMonitor.Controllers;

/// <summary>An event that was written, and how often it has happened since. Owned by the recorder's loop.</summary>
internal sealed class EventSeries(string name, DateTimeOffset firstTime, long writtenAt)
{
    /// <summary>The name of the Event object.</summary>
    public string Name { get; } = name;

    public int Count { get; private set; } = 1;

    public DateTimeOffset LastTime { get; private set; } = firstTime;

    /// <summary>When the Event object was last written, as a timestamp.</summary>
    public long WrittenAt { get; private set; } = writtenAt;

    /// <summary>The Event object does not show the last repetition yet.</summary>
    public bool IsDirty { get; private set; }

    public void Repeat(DateTimeOffset time)
    {
        Count++;
        LastTime = time;
        IsDirty = true;
    }

    public void Written(long timestamp)
    {
        WrittenAt = timestamp;
        IsDirty = false;
    }
}
