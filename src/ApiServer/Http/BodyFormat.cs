namespace CrMonitor.ApiServer.Http;

/// <summary>How the body of an answer is written.</summary>
internal enum BodyFormat
{
    Json,
    Yaml,
    Protobuf,
}
