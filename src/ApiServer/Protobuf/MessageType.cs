namespace CrMonitor.ApiServer.Protobuf;

/// <summary>
/// A message: its fields, in the order of their numbers. Types refer to each other, so their fields are set after all of them are there.
/// </summary>
internal sealed class MessageType(bool isUnion)
{
    private Dictionary<int, MessageField> _byNumber = [];

    /// <summary>Whether it has a <c>schema</c> and another field, of which only one is set, and is the JSON of that one.</summary>
    public bool IsUnion { get; } = isUnion;

    public IReadOnlyList<MessageField> Fields
    {
        get;
        set
        {
            field = value;
            _byNumber = value.ToDictionary(static f => f.Number);
        }
    } = [];

    public MessageField? Find(int number) => _byNumber.GetValueOrDefault(number);
}
