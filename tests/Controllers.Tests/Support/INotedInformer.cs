using CrMonitor.Informers;

namespace CrMonitor.Controllers.Tests;

/// <summary>A fake informer, whatever its objects, as one that is told of writes.</summary>
internal interface INotedInformer
{
    void NoteBytes(ReadOnlySpan<byte> answer);

    void NoteDelete(ObjectKey key, string? uid = null, string? resourceVersion = null);
}
