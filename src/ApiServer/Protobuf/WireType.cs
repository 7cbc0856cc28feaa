namespace CrMonitor.ApiServer.Protobuf;

/// <summary>How long a value is in protobuf; the numbers are those on the wire.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Length = 2,
    Fixed32 = 5,
}
