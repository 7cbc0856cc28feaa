using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>A few bits for each label of an object (a Bloom filter): whoever has the label has its bits, and few others do.</summary>
internal readonly record struct LabelSignature(ulong Bits)
{
    private const int BitIndexMask = 63;
    private const int BitIndexLength = 6;

    /// <summary>Of labels that nobody has looked at: they may be any.</summary>
    public static LabelSignature Unknown => new(ulong.MaxValue);

    /// <summary>The bits of all labels of an object.</summary>
    public static LabelSignature Of(IMetadata<V1ObjectMeta> resource)
    {
        if (resource is DynamicObject undecoded)
        {
            return undecoded.LabelSignature;
        }

        var bits = 0ul;
        switch (resource.Metadata.Labels)
        {
            case null:
                break;
            case Dictionary<string, string> dictionary:
                foreach (var (key, value) in dictionary)
                {
                    bits |= Of(key, value).Bits;
                }

                break;
            case var others:
                foreach (var (key, value) in others)
                {
                    bits |= Of(key, value).Bits;
                }

                break;
        }

        return new LabelSignature(bits);
    }

    /// <summary>The bits of one label.</summary>
    public static LabelSignature Of(string key, string value)
    {
        var hash = HashCode.Combine(key, value);
        return new LabelSignature((1ul << (hash & BitIndexMask)) | (1ul << ((hash >>> BitIndexLength) & BitIndexMask)));
    }

    /// <summary>An object with this signature may have everything that <paramref name="required"/> stands for.</summary>
    public bool MayHave(LabelSignature required) => (Bits & required.Bits) == required.Bits;
}
