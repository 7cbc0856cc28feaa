namespace CrMonitor.SampleOperator;

/// <summary>The operator was started in a way that cannot work. The message is one line for the person who started it; the exit code is 2.</summary>
internal sealed class UsageException(string message, Exception? innerException = null) : Exception(message, innerException);
