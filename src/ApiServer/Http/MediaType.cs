using System.Globalization;
using CrMonitor.ApiServer.Protobuf;

namespace CrMonitor.ApiServer.Http;

/// <summary>The form in which a client wants its answer.</summary>
/// <param name="Format">How it is written.</param>
/// <param name="IsPretty">Whether the client asks, with its media type, for JSON that people can read.</param>
/// <param name="As"><c>Table</c>, <c>PartialObjectMetadata</c>, <c>PartialObjectMetadataList</c>, an aggregated discovery kind; or empty.</param>
/// <param name="Group">The group of <paramref name="As"/>.</param>
/// <param name="Version">The version of <paramref name="As"/>.</param>
internal readonly record struct MediaType(BodyFormat Format, bool IsPretty = false, string As = "", string Group = "", string Version = "")
{
    /// <summary>Chooses the form that the client likes best among those that this server knows; among equals, the first.</summary>
    /// <param name="accept">The header <c>Accept</c>.</param>
    /// <param name="isKnown">Whether what a form shows the answer as is known where the request goes.</param>
    /// <param name="hasProtobuf">Whether the answer can be written in protobuf.</param>
    /// <param name="isWatch">Whether the answer is a stream, which is not written in YAML.</param>
    /// <exception cref="ApiException">406: none is known.</exception>
    public static MediaType Choose(string? accept, Func<MediaType, bool> isKnown, bool hasProtobuf = false, bool isWatch = false)
    {
        if (string.IsNullOrWhiteSpace(accept))
        {
            return new MediaType(BodyFormat.Json);
        }

        (MediaType Form, double Quality)? best = null;
        foreach (var (type, form, stream, quality) in Parse(accept))
        {
            var isServed = type is not null && form.Format switch
            {
                BodyFormat.Yaml => !isWatch,
                BodyFormat.Protobuf => hasProtobuf && form.As.Length == 0,
                _ => stream is "" or "watch",
            };
            if (isServed && (form.As.Length == 0 || isKnown(form)) && !(quality <= best?.Quality))
            {
                best = (form, quality);
            }
        }

        return best?.Form ?? throw ApiErrors.NotAcceptable(isWatch);
    }

    /// <summary>The format for an answer that is given whatever the client accepts, such as a failure: the first that is known, else JSON.</summary>
    public static MediaType ForStatus(string? accept)
    {
        foreach (var (type, form, _, _) in Parse(accept ?? ""))
        {
            if (type is not null)
            {
                return new MediaType(form.Format, form.IsPretty);
            }
        }

        return new MediaType(BodyFormat.Json);
    }

    private static IEnumerable<(string? Type, MediaType Form, string Stream, double Quality)> Parse(string accept)
    {
        foreach (var choice in accept.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = choice.Split(';', StringSplitOptions.TrimEntries);
            string shown = "", group = "", version = "", stream = "";
            var (quality, isPretty) = (1.0, false);
            foreach (var parameter in parts.Skip(1))
            {
                var equals = parameter.IndexOf('=', StringComparison.Ordinal);
                var value = equals < 0 ? "" : parameter[(equals + 1)..];
                switch (equals < 0 ? parameter : parameter[..equals])
                {
                    case "as":
                        shown = value;
                        break;
                    case "g":
                        group = value;
                        break;
                    case "v":
                        version = value;
                        break;
                    case "stream":
                        stream = value;
                        break;
                    case "pretty":
                        isPretty = value == "1";
                        break;
                    case "q" when double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var parsed):
                        quality = parsed;
                        break;
                }
            }

            BodyFormat? format = parts[0] switch
            {
                "application/json" or "application/*" or "*/*" => BodyFormat.Json,
                "application/yaml" => BodyFormat.Yaml,
                ProtobufEnvelope.MediaType => BodyFormat.Protobuf,
                _ => null,
            };
            yield return (format is null ? null : parts[0], new MediaType(format ?? BodyFormat.Json, isPretty, shown, group, version), stream, quality);
        }
    }
}
