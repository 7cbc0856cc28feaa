using Microsoft.Extensions.Logging;

namespace CrMonitor.Informers;

/// <content>What people and metrics are told.</content>
internal sealed partial class Reflector<T>
{
    private void Report(ReflectorFailureReason reason, Exception e, string next, TimeSpan pause = default)
    {
        var failure = new ReflectorFailure(reason, e.Message, e);
        Health.Failed(failure, pause);
        var isRoutine = reason is ReflectorFailureReason.Expired or ReflectorFailureReason.VeryShortWatch or ReflectorFailureReason.StreamBroken;
        LogFailure(isRoutine ? LogLevel.Information : LogLevel.Warning, _name, reason, e.Message, next);
        _listener.Tell(failure);
    }

    private void ReportUnknownEvent() =>
        Report(ReflectorFailureReason.StreamBroken, new InvalidDataException("The stream carried an event of an unknown type."), "skipping it");

    private void ReportInvalid(DecodedObject<T> decoded)
    {
        var key = decoded.Key?.ToString() ?? "(no readable name)";
        LogInvalid(_name, key, decoded.ResourceVersion, decoded.Error!.Message);
        _listener.TellInvalid(key, decoded.Error);
    }

    private void CountRestart(Phase next, string reason)
    {
        var tags = _tags;
        tags.Add("verb", next is Phase.Watching ? "watch" : "list");
        tags.Add("reason", reason);
        InformerInstruments.Restarts.Add(1, tags);
    }

    private void CountBytes(int count) => InformerInstruments.ReceivedBytes.Add(count, _tags);

    private void CountEvent(WatchEventType type)
    {
        if (InformerInstruments.Events.Enabled)
        {
            var tags = _tags;
            tags.Add("type", type switch
            {
                WatchEventType.Added => "added",
                WatchEventType.Modified => "modified",
                WatchEventType.Deleted => "deleted",
                WatchEventType.Bookmark => "bookmark",
                WatchEventType.Error => "error",
                _ => "unknown",
            });
            InformerInstruments.Events.Add(1, tags);
        }
    }
}
