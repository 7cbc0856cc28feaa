using Microsoft.AspNetCore.Http;

namespace CrMonitor.ApiServer.Http;

/// <summary>Reads from a request what it asks of the API.</summary>
internal static class RequestPath
{
    public static ApiRequest Parse(HttpRequest request)
    {
        var path = request.Path.Value ?? "/";
        var resource = ResourcePath.Of(path);
        var verb = resource.Resource.Length == 0 ? LowerCase(request.Method) : Verb(request, resource.Name, resource.IsOldWatch);
        return new ApiRequest(verb, path, request.Headers.UserAgent.ToString(), resource);
    }

    private static string Verb(HttpRequest request, string name, bool isOldWatch)
    {
        var isCollection = name.Length == 0;
        switch (request.Method)
        {
            case "GET" or "HEAD" when isOldWatch:
                return "watch";
            case "GET" or "HEAD" when isCollection:
                return IsTrue(First(request.Query, "watch")) ? "watch" : "list";
            case "GET" or "HEAD":
                return "get";
            case "POST":
                return "create";
            case "PUT":
                return "update";
            case "PATCH":
                return "patch";
            case "DELETE":
                return isCollection ? "deletecollection" : "delete";
            default:
                return LowerCase(request.Method);
        }
    }

    /// <summary>A parameter that is there without a value, or with one that is not a no, is a yes.</summary>
    public static bool IsTrue(string? value) => value is not (null or "0" or "false" or "False" or "FALSE" or "f" or "F");

    /// <summary>The value of a parameter: of one that is given twice, the first. <see langword="null"/> if it is not given.</summary>
    public static string? First(IQueryCollection query, string name) =>
        query.TryGetValue(name, out var values) && values.Count > 0 ? values[0] : null;

    private static string LowerCase(string method) => method switch
    {
        "GET" => "get",
        "POST" => "post",
        "PUT" => "put",
        _ => string.Create(method.Length, method, static (text, m) => m.AsSpan().ToLowerInvariant(text)),
    };
}
