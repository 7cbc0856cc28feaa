namespace CrMonitor.Controllers;

/// <summary>One call of <see cref="IEventRecorder.Record"/>.</summary>
internal readonly record struct EventOccurrence(EventIdentity Identity, DateTimeOffset Time);
