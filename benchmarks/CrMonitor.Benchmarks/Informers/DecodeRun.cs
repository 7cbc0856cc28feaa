using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>
/// Applications through the readers and decoders that a reflector uses, in pieces as large as its reads, on one thread and without a network.
/// </summary>
internal sealed class DecodeRun<T> : IDecodeRun
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private const int ListPiece = 64 * 1024;
    private const int WatchPiece = 16 * 1024;

    private readonly DecodeWorkload _workload;
    private readonly byte[] _input;
    private readonly T?[] _objects;
    private readonly ObjectDecoder<T> _decoder;
    private readonly IndexedStore<T> _store;

    public DecodeRun(DecodeWorkload workload, KubeResource<T> resource, byte[] input, int count)
    {
        _workload = workload;
        _input = input;
        _objects = new T?[count];
        _decoder = new ObjectDecoder<T>(resource, keepManagedFields: false);
        _store = new IndexedStore<T>(ObjectForm<T>.Of(resource, keepManagedFields: false), [null], (_, _, e) => throw e);
        if (workload == DecodeWorkload.Relist)
        {
            Relist();
        }
    }

    public long InputSize => _input.Length;

    public int Decoded { get; private set; }

    public void Round()
    {
        Decoded = 0;
        switch (_workload)
        {
            case DecodeWorkload.Relist:
                Relist();
                break;
            case DecodeWorkload.List:
                new ListParser(json => Take(_decoder.Decode(json))).FeedWhole(_input, ListPiece);
                break;
            default:
                new WatchParser((_, json) => Take(_decoder.Decode(json))).FeedWhole(_input, WatchPiece);
                break;
        }

        var wanted = _workload == DecodeWorkload.Relist ? _store.Count : Decoded;
        if (wanted != _objects.Length)
        {
            throw new InvalidOperationException($"{wanted} of {_objects.Length} objects were read.");
        }
    }

    public void Clear() => Array.Clear(_objects);

    private void Relist()
    {
        var replacement = _store.BeginReplace(0);
        new ListParser(json => Add(json, replacement)).FeedWhole(_input, ListPiece);
        replacement.Commit("1000000");
    }

    private void Add(ReadOnlySpan<byte> json, IndexedStore<T>.Replacement replacement)
    {
        var header = ObjectHeader.Read(json);
        if (!replacement.TryKeep(header))
        {
            var decoded = _decoder.Decode(json, header);
            replacement.Add(decoded.Key!.Value, decoded.Object ?? throw decoded.Error!);
            Decoded++;
        }
    }

    private bool Take(DecodedObject<T> decoded)
    {
        _objects[Decoded++] = decoded.Object ?? throw decoded.Error!;
        return true;
    }
}
