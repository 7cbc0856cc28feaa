namespace CrMonitor.Informers;

/// <summary>Why listing or watching failed, as health and metrics name it.</summary>
public enum ReflectorFailureReason
{
    /// <summary>The list request was refused or broke off.</summary>
    ListFailed,

    /// <summary>The watch request was refused.</summary>
    WatchFailed,

    /// <summary>The server cannot be reached.</summary>
    ConnectionFailed,

    /// <summary>The server asked for patience (429).</summary>
    TooManyRequests,

    /// <summary>The server does not have the resourceVersion: it is no longer kept (410), or not reached yet. A new list is needed.</summary>
    Expired,

    /// <summary>The stream carried an ERROR event other than the above.</summary>
    ErrorEvent,

    /// <summary>The stream broke off, or held bytes that are not a watch event.</summary>
    StreamBroken,

    /// <summary>The watch ended within a second and without an event.</summary>
    VeryShortWatch,

    /// <summary>Nothing was heard until the client's own deadline.</summary>
    Idle,

    /// <summary>An object could not be decoded or transformed; the others flow.</summary>
    InvalidObject,

    /// <summary>The list could not be had as a stream, and is asked for in pages instead.</summary>
    StreamingListFailed,

    /// <summary>The server does not know the kind (404): its CustomResourceDefinition is not there yet, or no longer. It is looked for again and
    /// again.</summary>
    KindMissing,
}
