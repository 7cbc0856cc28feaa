namespace CrMonitor.ApiServer.Faults;

/// <summary>A fault has cut the answer off, so that nothing more of it is to be written.</summary>
/// <param name="breaksConnection">
/// Whether this leaves the serving of the request, so that the transport closes the connection after what has been sent; else the answer has been
/// ended in good order.
/// </param>
internal sealed class AnswerCutException(bool breaksConnection) : IOException("A fault has cut the answer off.")
{
    public bool BreaksConnection { get; } = breaksConnection;
}
