using System.Net;

namespace CrMonitor.Informers;

/// <summary>The API server refused a request; the exception carries the <c>Status</c> that it answered.</summary>
public sealed class KubeApiException : Exception
{
    /// <summary>Creates the exception. The message is to name the request and what the server said.</summary>
    public KubeApiException(HttpStatusCode statusCode, string reason, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        StatusCode = statusCode;
        Reason = reason;
    }

    /// <summary>The HTTP status code, or the code of a <c>Status</c> that came inside a watch.</summary>
    public HttpStatusCode StatusCode { get; }

    /// <summary>
    /// The <c>reason</c> of the <c>Status</c>, such as <c>NotFound</c> or <c>AlreadyExists</c>; empty if the answer was not a <c>Status</c>.
    /// </summary>
    public string Reason { get; }

    /// <summary>How long the server asks to wait before another try.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The server has not yet reached the resourceVersion that was asked for.</summary>
    internal bool IsTooLargeResourceVersion { get; init; }

    /// <summary>The object does not exist.</summary>
    public bool IsNotFound => StatusCode == HttpStatusCode.NotFound;

    /// <summary>A write was based on a version that is not the latest, or server-side apply met another manager's field.</summary>
    public bool IsConflict => StatusCode == HttpStatusCode.Conflict && Reason != "AlreadyExists";

    /// <summary>An object of that name exists already.</summary>
    public bool IsAlreadyExists => Reason == "AlreadyExists";

    /// <summary>The resourceVersion or continue token is no longer kept by the server.</summary>
    public bool IsExpired => StatusCode == HttpStatusCode.Gone || Reason is "Expired" or "Gone";
}
