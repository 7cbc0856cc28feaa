using Microsoft.Extensions.Logging;

namespace CrMonitor.Informers;

/// <content>What people and metrics are told.</content>
internal sealed partial class Reflector<T>
{
    private void Report(ReflectorFailureReason reason, Exception e, string next)
    {
        var failure = new ReflectorFailure(reason, e.Message, e);
        Health.Failed(failure);
        CountFailure(reason);
        var isRoutine = reason is ReflectorFailureReason.Expired or ReflectorFailureReason.VeryShortWatch or ReflectorFailureReason.StreamBroken;
        LogFailure(isRoutine ? LogLevel.Information : LogLevel.Warning, _name, reason, e.Message, next);
        Tell(failure);
    }

    private void ReportUnknownEvent() =>
        Report(ReflectorFailureReason.StreamBroken, new InvalidDataException("The stream carried an event of an unknown type."), "skipping it");

    private void ReportInvalid(DecodedObject<T> decoded)
    {
        var key = decoded.Key?.ToString() ?? "(no readable name)";
        CountFailure(ReflectorFailureReason.InvalidObject);
        LogInvalid(_name, key, decoded.ResourceVersion, decoded.Error!.Message);
        Tell(new ReflectorFailure(ReflectorFailureReason.InvalidObject, $"{key}: {decoded.Error.Message}", decoded.Error));
    }

    private void Tell(ReflectorFailure failure)
    {
        try
        {
            _options.OnFailure?.Invoke(_resource, failure);
        }
        catch (Exception e)
        {
            LogListenerFailed(e, _name, failure.Reason);
        }
    }

    private void CountRestart(Phase next, string reason)
    {
        var tags = _tags;
        tags.Add("verb", next is Phase.Watching ? "watch" : "list");
        tags.Add("reason", reason);
        InformerInstruments.Restarts.Add(1, tags);
    }

    private void CountBytes(int count) => InformerInstruments.ReceivedBytes.Add(count, _tags);

    private void CountFailure(ReflectorFailureReason reason)
    {
        var tags = _tags;
        tags.Add("reason", reason.ToString());
        InformerInstruments.Failures.Add(1, tags);
    }

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
