namespace CrMonitor.SampleOperator;

/// <summary>What the process ends with.</summary>
internal static class ExitCodes
{
    /// <summary>It was asked to stop, and did; or it was asked for help.</summary>
    public const int Done = 0;

    /// <summary>The cluster refused what the operator cannot do without.</summary>
    public const int Failed = 1;

    /// <summary>A flag, an environment variable, a file or a port is not as it must be. Nothing was started.</summary>
    public const int Usage = 2;
}
