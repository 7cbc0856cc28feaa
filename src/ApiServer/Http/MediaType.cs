namespace CrMonitor.ApiServer.Http;

/// <summary>The form in which a client wants its answer.</summary>
/// <param name="IsYaml">YAML rather than JSON.</param>
/// <param name="As"><c>Table</c>, <c>PartialObjectMetadata</c>, <c>PartialObjectMetadataList</c>, an aggregated discovery kind; or empty.</param>
/// <param name="Version">The version of <paramref name="As"/>.</param>
internal readonly record struct MediaType(bool IsYaml, string As, string Version)
{
    /// <summary>Chooses the first form that this server knows among those that the header accepts.</summary>
    /// <param name="accept">The header <c>Accept</c>.</param>
    /// <param name="isKnown">Whether <see cref="As"/> is known where the request goes.</param>
    /// <exception cref="ApiException">406: none is known.</exception>
    public static MediaType Choose(string? accept, Func<string, bool> isKnown)
    {
        if (string.IsNullOrWhiteSpace(accept))
        {
            return new MediaType(false, "", "");
        }

        foreach (var choice in accept.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = choice.Split(';', StringSplitOptions.TrimEntries);
            string shown = "", version = "", stream = "";
            foreach (var parameter in parts.AsSpan(1))
            {
                var equals = parameter.IndexOf('=', StringComparison.Ordinal);
                var value = equals < 0 ? "" : parameter[(equals + 1)..];
                switch (equals < 0 ? parameter : parameter[..equals])
                {
                    case "as":
                        shown = value;
                        break;
                    case "v":
                        version = value;
                        break;
                    case "stream":
                        stream = value;
                        break;
                }
            }

            if (shown.Length > 0 && !isKnown(shown))
            {
                continue;
            }

            switch (parts[0])
            {
                case "application/json" or "application/*" or "*/*" when stream is "" or "watch":
                    return new MediaType(false, shown, version);
                case "application/yaml":
                    return new MediaType(true, shown, version);
            }
        }

        throw ApiErrors.NotAcceptable();
    }
}
