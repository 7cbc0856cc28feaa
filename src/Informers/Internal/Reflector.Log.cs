using Microsoft.Extensions.Logging;

namespace CrMonitor.Informers;

internal sealed partial class Reflector<T>
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "Listed {Count} {Resource} at resourceVersion {ResourceVersion} ({Mode}) in {Elapsed}")]
    private partial void LogListed(string resource, int count, string? resourceVersion, string mode, TimeSpan elapsed);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Watching {Resource} from resourceVersion {ResourceVersion} for {Timeout}")]
    private partial void LogWatching(string resource, string resourceVersion, TimeSpan timeout);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The watch of {Resource} ended after {Elapsed} and {Events} events; watching again now")]
    private partial void LogWatchEnded(string resource, TimeSpan elapsed, int events);

    [LoggerMessage(Message = "{Resource}: {Reason}: {Message}; {Next}")]
    private partial void LogFailure(LogLevel level, string resource, ReflectorFailureReason reason, string message, string next);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{Resource}: the object {Key} (resourceVersion {ResourceVersion}) cannot be decoded and is left as it was last known: {Error}")]
    private partial void LogInvalid(string resource, string key, string? resourceVersion, string error);
}
