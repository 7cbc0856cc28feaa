namespace CrMonitor.ApiServer.Protobuf;

/// <summary>How the value of a field is written in protobuf and in JSON.</summary>
internal enum FieldForm
{
    Text,
    Integer,
    Boolean,
    Double,

    /// <summary>Base64 in JSON.</summary>
    Bytes,

    /// <summary>Seconds and nanoseconds; in JSON, whole seconds as text.</summary>
    Time,

    /// <summary>Seconds and nanoseconds; in JSON, microseconds as text.</summary>
    MicroTime,

    /// <summary>A message of one text; in JSON, the text.</summary>
    Quantity,

    /// <summary>Either of two fields; in JSON, a number or a text.</summary>
    IntOrString,

    /// <summary>A message of bytes that are JSON.</summary>
    Json,

    Message,
}
