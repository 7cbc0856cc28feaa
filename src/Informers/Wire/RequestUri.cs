namespace CrMonitor.Informers;

/// <summary>Joins the server's address, which may carry a path (a proxy's), with the path of a request.</summary>
internal static class RequestUri
{
    public static Uri CheckBase(Uri baseUri)
    {
        ArgumentNullException.ThrowIfNull(baseUri);
        return baseUri.IsAbsoluteUri
            ? baseUri
            : throw new ArgumentException($"'{baseUri}' is not an absolute URI. Expected the server's address, such as https://host:6443.", nameof(baseUri));
    }

    public static Uri Resolve(Uri baseUri, Uri? path)
    {
        if (path is null || path.IsAbsoluteUri)
        {
            throw new ArgumentException($"'{path}' is not a path of the server {baseUri}. Expected a relative URI, such as /api/v1/pods.", nameof(path));
        }

        return new Uri($"{baseUri.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{path.OriginalString.TrimStart('/')}");
    }
}
