using System.Runtime.CompilerServices;
using System.Text.Json;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Reads metadata in one pass: strings that come again and again are pooled, labels and annotations are kept small.</summary>
internal static class MetadataReader
{
    private const int FewStrings = 16;

    /// <summary>Reads the object that <paramref name="reader"/> stands at the brace of.</summary>
    /// <exception cref="JsonException">It is not JSON, or (<see cref="MetadataException"/>) not metadata.</exception>
    public static V1ObjectMeta Read(ref Utf8JsonReader reader, bool keepManagedFields)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException($"Metadata are an object, not {Describe(reader.TokenType)}.");
        }

        var read = new V1ObjectMeta();
        while (Next(ref reader))
        {
            // The length tells most names apart.
            var name = reader.ValueSpan;
            switch (name.Length)
            {
                case 3 when name.SequenceEqual("uid"u8):
                    read.Uid = Unique(ref reader, new("uid"));
                    break;
                case 4 when name.SequenceEqual("name"u8):
                    read.Name = Pooled(ref reader, new("name"));
                    break;
                case 6 when name.SequenceEqual("labels"u8):
                    read.Labels = Map(ref reader, "labels");
                    break;
                case 8 when name.SequenceEqual("selfLink"u8):
                    read.SelfLink = Unique(ref reader, new("selfLink"));
                    break;
                case 9 when name.SequenceEqual("namespace"u8):
                    read.NamespaceProperty = Pooled(ref reader, new("namespace"));
                    break;
                case 10 when name.SequenceEqual("generation"u8):
                    read.Generation = Number(ref reader, new("generation"));
                    break;
                case 10 when name.SequenceEqual("finalizers"u8):
                    read.Finalizers = Strings(ref reader, "finalizers");
                    break;
                case 11 when name.SequenceEqual("annotations"u8):
                    read.Annotations = Map(ref reader, "annotations");
                    break;
                case 12 when name.SequenceEqual("generateName"u8):
                    read.GenerateName = Pooled(ref reader, new("generateName"));
                    break;
                case 13 when name.SequenceEqual("managedFields"u8) && keepManagedFields:
                    read.ManagedFields = Array(ref reader, "managedFields", ManagedFieldsEntry);
                    break;
                case 15 when name.SequenceEqual("resourceVersion"u8):
                    read.ResourceVersion = Unique(ref reader, new("resourceVersion"));
                    break;
                case 15 when name.SequenceEqual("ownerReferences"u8):
                    read.OwnerReferences = Array(ref reader, "ownerReferences", OwnerReference);
                    break;
                case 17 when name.SequenceEqual("creationTimestamp"u8):
                    read.CreationTimestamp = Time(ref reader, new("creationTimestamp"));
                    break;
                case 17 when name.SequenceEqual("deletionTimestamp"u8):
                    read.DeletionTimestamp = Time(ref reader, new("deletionTimestamp"));
                    break;
                case 26 when name.SequenceEqual("deletionGracePeriodSeconds"u8):
                    read.DeletionGracePeriodSeconds = Number(ref reader, new("deletionGracePeriodSeconds"));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return read;
    }

    /// <summary>A short string that other objects may have as well.</summary>
    public static string? Pooled(ref Utf8JsonReader reader) =>
        !reader.ValueIsEscaped && !reader.HasValueSequence && StringPool.TryGet(reader.ValueSpan, out var pooled) ? pooled : reader.GetString();

    private static V1OwnerReference OwnerReference(ref Utf8JsonReader reader, MetadataPlace place)
    {
        var read = new V1OwnerReference();
        while (Next(ref reader))
        {
            var name = reader.ValueSpan;
            if (name.SequenceEqual("apiVersion"u8))
            {
                read.ApiVersion = Pooled(ref reader, place with { Member = "apiVersion" });
            }
            else if (name.SequenceEqual("blockOwnerDeletion"u8))
            {
                read.BlockOwnerDeletion = Flag(ref reader, place with { Member = "blockOwnerDeletion" });
            }
            else if (name.SequenceEqual("controller"u8))
            {
                read.Controller = Flag(ref reader, place with { Member = "controller" });
            }
            else if (name.SequenceEqual("kind"u8))
            {
                read.Kind = Pooled(ref reader, place with { Member = "kind" });
            }
            else if (name.SequenceEqual("name"u8))
            {
                read.Name = Pooled(ref reader, place with { Member = "name" });
            }
            else if (name.SequenceEqual("uid"u8))
            {
                // Several objects have the same owner.
                read.Uid = Pooled(ref reader, place with { Member = "uid" });
            }
            else
            {
                reader.Skip();
            }
        }

        return read;
    }

    private static V1ManagedFieldsEntry ManagedFieldsEntry(ref Utf8JsonReader reader, MetadataPlace place)
    {
        var read = new V1ManagedFieldsEntry();
        while (Next(ref reader))
        {
            var name = reader.ValueSpan;
            if (name.SequenceEqual("apiVersion"u8))
            {
                read.ApiVersion = Pooled(ref reader, place with { Member = "apiVersion" });
            }
            else if (name.SequenceEqual("fieldsType"u8))
            {
                read.FieldsType = Pooled(ref reader, place with { Member = "fieldsType" });
            }
            else if (name.SequenceEqual("fieldsV1"u8))
            {
                read.FieldsV1 = ReadNext(ref reader) == JsonTokenType.Null ? null : JsonElement.ParseValue(ref reader);
            }
            else if (name.SequenceEqual("manager"u8))
            {
                read.Manager = Pooled(ref reader, place with { Member = "manager" });
            }
            else if (name.SequenceEqual("operation"u8))
            {
                read.Operation = Pooled(ref reader, place with { Member = "operation" });
            }
            else if (name.SequenceEqual("subresource"u8))
            {
                read.Subresource = Pooled(ref reader, place with { Member = "subresource" });
            }
            else if (name.SequenceEqual("time"u8))
            {
                read.Time = Time(ref reader, place with { Member = "time" });
            }
            else
            {
                reader.Skip();
            }
        }

        return read;
    }

    // To the next property's name; false at the object's end.
    private static bool Next(ref Utf8JsonReader reader) => ReadNext(ref reader) == JsonTokenType.PropertyName;

    private static JsonTokenType ReadNext(ref Utf8JsonReader reader) => reader.Read() ? reader.TokenType : throw new JsonException("The metadata break off.");

    private static string? Pooled(ref Utf8JsonReader reader, MetadataPlace place) => ReadNext(ref reader) switch
    {
        JsonTokenType.String => Pooled(ref reader),
        JsonTokenType.Null => null,
        var other => throw Unexpected(place, "a string", other),
    };

    private static string? Unique(ref Utf8JsonReader reader, MetadataPlace place) => ReadNext(ref reader) switch
    {
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Null => null,
        var other => throw Unexpected(place, "a string", other),
    };

    private static long? Number(ref Utf8JsonReader reader, MetadataPlace place) => ReadNext(ref reader) switch
    {
        JsonTokenType.Number when reader.TryGetInt64(out var number) => number,
        JsonTokenType.Null => null,
        var other => throw Unexpected(place, "a whole number of 64 bits", other),
    };

    private static bool? Flag(ref Utf8JsonReader reader, MetadataPlace place) => ReadNext(ref reader) switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        JsonTokenType.Null => null,
        var other => throw Unexpected(place, "true or false", other),
    };

    private static DateTime? Time(ref Utf8JsonReader reader, MetadataPlace place) => ReadNext(ref reader) switch
    {
        JsonTokenType.String when reader.TryGetDateTimeOffset(out var time) => time.UtcDateTime,
        JsonTokenType.Null => null,
        var other => throw Unexpected(place, "a time such as 2026-01-31T12:00:00Z", other),
    };

    private static TextMap? Map(ref Utf8JsonReader reader, string property)
    {
        if (!Enter(ref reader, JsonTokenType.StartObject, "an object", new(property)))
        {
            return null;
        }

        var few = default(Few);
        Span<string?> pairs = few;
        var count = 0;
        while (Next(ref reader))
        {
            if (count == pairs.Length)
            {
                var more = new string?[2 * pairs.Length];
                pairs.CopyTo(more);
                pairs = more;
            }

            var key = Pooled(ref reader);
            pairs[count] = key;
            pairs[count + 1] = Pooled(ref reader, new(property, Member: key));
            count += 2;
        }

        return TextMap.Of(pairs[..count]);
    }

    private static string?[]? Strings(ref Utf8JsonReader reader, string property)
    {
        if (!Enter(ref reader, JsonTokenType.StartArray, "an array", new(property)))
        {
            return null;
        }

        List<string?> strings = [];
        while (ReadNext(ref reader) != JsonTokenType.EndArray)
        {
            strings.Add(reader.TokenType switch
            {
                JsonTokenType.String => Pooled(ref reader),
                JsonTokenType.Null => null,
                var other => throw Unexpected(new(property, strings.Count), "a string", other),
            });
        }

        return [.. strings];
    }

    private static TElement[]? Array<TElement>(ref Utf8JsonReader reader, string property, ElementReader<TElement> element)
        where TElement : class
    {
        if (!Enter(ref reader, JsonTokenType.StartArray, "an array", new(property)))
        {
            return null;
        }

        List<TElement> elements = [];
        while (ReadNext(ref reader) != JsonTokenType.EndArray)
        {
            var place = new MetadataPlace(property, elements.Count);
            elements.Add(reader.TokenType == JsonTokenType.StartObject ? element(ref reader, place) : throw Unexpected(place, "an object", reader.TokenType));
        }

        return [.. elements];
    }

    // False for null.
    private static bool Enter(ref Utf8JsonReader reader, JsonTokenType start, string wanted, MetadataPlace place)
    {
        var token = ReadNext(ref reader);
        return token == start || (token == JsonTokenType.Null ? false : throw Unexpected(place, wanted, token));
    }

    private static MetadataException Unexpected(MetadataPlace place, string wanted, JsonTokenType found) =>
        new(place, $"metadata.{place} must be {wanted}, not {Describe(found)}.");

    private static string Describe(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "this string",
        JsonTokenType.Number => "this number",
        JsonTokenType.Null => "null",
        _ => "true or false",
    };

    private delegate TElement ElementReader<TElement>(ref Utf8JsonReader reader, MetadataPlace place);

    [InlineArray(FewStrings)]
    private struct Few
    {
        private string? _first;
    }
}
