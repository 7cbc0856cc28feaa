namespace CrMonitor.SampleOperator;

/// <summary>The cluster refuses what the operator cannot do without. The message is one line for the person who started it; the exit code is 1.</summary>
internal sealed class ClusterRefusedException(string message, Exception innerException) : Exception(message, innerException);
