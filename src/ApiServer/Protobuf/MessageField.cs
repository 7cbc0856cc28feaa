namespace CrMonitor.ApiServer.Protobuf;

/// <summary>A field of a message.</summary>
/// <param name="Number">Its number in protobuf.</param>
/// <param name="Name">Its name in JSON; empty where the fields of the message stand in the one around it.</param>
/// <param name="Form">How a value is written.</param>
internal sealed record MessageField(int Number, string Name, FieldForm Form)
{
    /// <summary>The type of the value, for <see cref="FieldForm.Message"/>.</summary>
    public MessageType? Message { get; init; }

    public bool IsList { get; init; }

    /// <summary>Whether it is a map with texts for keys.</summary>
    public bool IsMap { get; init; }

    /// <summary>Whether zero is not written in JSON.</summary>
    public bool OmitsZero { get; init; }

    public bool IsInline => Name.Length == 0;
}
