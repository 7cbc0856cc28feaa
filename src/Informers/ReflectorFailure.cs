namespace CrMonitor.Informers;

/// <summary>One failure of listing or watching.</summary>
/// <param name="Reason">What kind of failure it was.</param>
/// <param name="Message">What happened, for people.</param>
/// <param name="Exception">Its cause, where there was an exception.</param>
public sealed record ReflectorFailure(ReflectorFailureReason Reason, string Message, Exception? Exception);
