using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Informers;

/// <summary>Counts failures, and tells <see cref="SharedInformerFactoryOptions.OnFailure"/> of them, whose own failure is no one else's.</summary>
/// <remarks>May be used from any thread.</remarks>
/// <param name="resource">Whose failures they are.</param>
/// <param name="options">Who is told.</param>
/// <param name="logger">Where it is written that he has failed.</param>
internal sealed partial class FailureListener(KubeResource resource, SharedInformerFactoryOptions options, ILogger logger)
{
    private readonly ILogger _logger = logger;
    private readonly TagList _tags = InformerInstruments.TagsOf(resource);

    /// <summary>Something failed.</summary>
    public void Tell(ReflectorFailure failure)
    {
        var tags = _tags;
        tags.Add("reason", failure.Reason.ToString());
        InformerInstruments.Failures.Add(1, tags);
        try
        {
            options.OnFailure?.Invoke(resource, failure);
        }
        catch (Exception e)
        {
            LogListenerFailed(e, resource, failure.Reason, failure.Message);
        }
    }

    /// <summary>An object cannot be decoded.</summary>
    public void TellInvalid(string key, Exception error) =>
        Tell(new ReflectorFailure(ReflectorFailureReason.InvalidObject, $"{key}: {error.Message}", error));

    [LoggerMessage(Level = LogLevel.Error, Message = "{Resource}: OnFailure threw when it was told of {Reason} ({Message}); the informer goes on")]
    private partial void LogListenerFailed(Exception e, KubeResource resource, ReflectorFailureReason reason, string message);
}
