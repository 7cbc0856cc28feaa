namespace CrMonitor.Controllers;

/// <summary>
/// A run tried to write although this process does not lead any more. Nothing was sent, or the call was cut off and its effect is unknown.
/// </summary>
/// <remarks>The run is not counted as failed. Its object is reconciled again: by the copy that leads next.</remarks>
public sealed class LeadershipLostException : Exception
{
    /// <summary>Creates the exception. The message is to name the lease and who held it.</summary>
    public LeadershipLostException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
