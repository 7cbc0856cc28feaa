using System.Globalization;

namespace CrMonitor.ApiServer.Http;

/// <summary>The form in which a client wants its answer.</summary>
/// <param name="IsYaml">YAML rather than JSON.</param>
/// <param name="As"><c>Table</c>, <c>PartialObjectMetadata</c>, <c>PartialObjectMetadataList</c>, an aggregated discovery kind; or empty.</param>
/// <param name="Group">The group of <paramref name="As"/>.</param>
/// <param name="Version">The version of <paramref name="As"/>.</param>
internal readonly record struct MediaType(bool IsYaml, string As, string Group, string Version)
{
    /// <summary>Chooses the form that the client likes best among those that this server knows; among equals, the first.</summary>
    /// <param name="accept">The header <c>Accept</c>.</param>
    /// <param name="isKnown">Whether what a form shows the answer as is known where the request goes.</param>
    /// <exception cref="ApiException">406: none is known.</exception>
    public static MediaType Choose(string? accept, Func<MediaType, bool> isKnown)
    {
        if (string.IsNullOrWhiteSpace(accept))
        {
            return new MediaType(false, "", "", "");
        }

        (MediaType Form, double Quality)? best = null;
        foreach (var choice in accept.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = choice.Split(';', StringSplitOptions.TrimEntries);
            string shown = "", group = "", version = "", stream = "";
            var quality = 1.0;
            foreach (var parameter in parts.AsSpan(1))
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
                    case "q" when double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var parsed):
                        quality = parsed;
                        break;
                }
            }

            var form = new MediaType(parts[0] == "application/yaml", shown, group, version);
            var isServed = form.IsYaml || (parts[0] is "application/json" or "application/*" or "*/*" && stream is "" or "watch");
            if (isServed && (shown.Length == 0 || isKnown(form)) && !(quality <= best?.Quality))
            {
                best = (form, quality);
            }
        }

        return best?.Form ?? throw ApiErrors.NotAcceptable();
    }
}
