using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;

namespace CrMonitor.ApiServer.Http;

/// <summary>The failures that a Kubernetes API server answers with, in its words.</summary>
internal static class ApiErrors
{
    public static ApiException NotFound(string group, string resource, string name) =>
        new(404, "NotFound", $"{Qualified(resource, group)} \"{name}\" not found") { Details = Details(name, group, resource) };

    /// <summary>The name is taken. <paramref name="why"/> says more of it, or nothing.</summary>
    public static ApiException AlreadyExists(string group, string resource, string name, string why = "") =>
        new(409, "AlreadyExists", $"{why}{Qualified(resource, group)} \"{name}\" already exists") { Details = Details(name, group, resource) };

    public static ApiException Conflict(string group, string resource, string name, string why) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {Qualified(resource, group)} \"{name}\": {why}") { Details = Details(name, group, resource) };

    public static ApiException Modified(ResourceDefinition definition, string name) => Conflict(
        definition.Group, definition.Plural, name, "the object has been modified; please apply your changes to the latest version and try again");

    /// <summary>The object is not valid. <paramref name="kind"/> is its kind, or its resource where Kubernetes says that instead.</summary>
    public static ApiException Invalid(string group, string kind, string name, IReadOnlyCollection<FieldError> errors)
    {
        var texts = errors.Select(static e => $"{e.Field}: {e.Message}").Distinct().ToList();
        var text = texts.Count == 1 ? texts[0] : $"[{string.Join(", ", texts)}]";
        var details = Details(name, group, kind);
        details["causes"] = new JsonArray(
            [.. errors.Select(static e => new JsonObject { ["reason"] = e.Reason, ["message"] = e.Message, ["field"] = e.Field })]);
        return new ApiException(422, "Invalid", $"{Qualified(kind, group)} \"{name}\" is invalid: {text}") { Details = details };
    }

    public static ApiException InvalidOptions(string kind, IReadOnlyCollection<FieldError> errors) => Invalid("meta.k8s.io", kind, "", errors);

    public static ApiException BadRequest(string message) => new(400, "BadRequest", message);

    public static ApiException Forbidden(string group, string resource, string name, string why) =>
        new(403, "Forbidden", $"{Qualified(resource, group)} \"{name}\" is forbidden: {why}") { Details = Details(name, group, resource) };

    public static ApiException MethodNotAllowed(string group, string resource, string verb) =>
        new(405, "MethodNotAllowed", $"{verb} is not supported on resources of kind \"{Qualified(resource, group)}\"")
        {
            Details = Details("", group, resource),
        };

    public static ApiException UnsupportedMediaType(params ReadOnlySpan<string> accepted) => new(
        415, "UnsupportedMediaType", $"the body of the request was in an unknown format - accepted media types include: {string.Join(", ", accepted)}");

    public static ApiException NotAcceptable(bool isWatch = false) => new(
        406,
        "NotAcceptable",
        isWatch
            ? "only the following media types are accepted: application/json;stream=watch"
            : "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf");

    /// <summary>Of a path that has one form alone.</summary>
    public static ApiException OnlyAvailableAs(params ReadOnlySpan<string> types) =>
        new(406, "NotAcceptable", $"406: Not Acceptable\n\nAvailable representations: {string.Join(", ", types)}") { Details = [] };

    public static ApiException Unauthorized() => new(401, "Unauthorized", "Unauthorized");

    public static ApiException MethodNotAllowed() =>
        new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource") { Details = [] };

    public static ApiException TooLarge(long limit) => new(413, "RequestEntityTooLarge", $"Request entity too large: limit is {limit}");

    /// <summary>
    /// Why a text is not the number that a parameter or a version is to be; <paramref name="function"/> is who says so in Kubernetes.
    /// </summary>
    public static string NotANumber(string function, string text)
    {
        var digits = text.TrimStart('-', '+');
        var isOutOfRange = digits.Length > 0 && digits.All(char.IsAsciiDigit) && (digits.Length == text.Length || function == "ParseInt");
        return $"strconv.{function}: parsing {Schema.GoText.Quote(text)}: {(isOutOfRange ? "value out of range" : "invalid syntax")}";
    }

    public static ApiException Expired(string message) => new(410, "Expired", message);

    public static ApiException TooOld(long requested, long oldest) => Expired($"too old resource version: {requested} ({oldest})");

    public static ApiException TooLargeResourceVersion(ulong requested, long current) =>
        new(504, "Timeout", $"Timeout: Too large resource version: {requested}, current: {current}")
        {
            Details = new JsonObject
            {
                ["causes"] = new JsonArray(
                    new JsonObject { ["reason"] = "ResourceVersionTooLarge", ["message"] = "Too large resource version" }),
                ["retryAfterSeconds"] = 1,
            },
        };

    /// <summary>What a Kubernetes API server answers for errors to which it gives no reason.</summary>
    public static ApiException Unclassified(string message) => new(500, "", message);

    public static ApiException Internal(string message) => new(500, "InternalError", $"Internal error occurred: {message}")
    {
        Details = new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["message"] = message }) },
    };

    /// <summary>The <c>Status</c> object of <paramref name="error"/>.</summary>
    public static JsonObject ToStatus(ApiException error)
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = error.Continue is null ? new JsonObject() : new JsonObject { ["continue"] = error.Continue },
            ["status"] = "Failure",
            ["message"] = error.Message,
        };
        if (error.Reason.Length > 0)
        {
            status["reason"] = error.Reason;
        }

        if (error.Details is not null)
        {
            status["details"] = error.Details.DeepClone();
        }

        status["code"] = error.Code;
        return status;
    }

    /// <summary>The <c>Status</c> that answers a deletion.</summary>
    public static JsonObject Deleted(ResourceDefinition definition, string name, string uid)
    {
        var details = Details(name, definition.Group, definition.Plural);
        details["uid"] = uid;
        return new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success", ["details"] = details };
    }

    public static string Qualified(string resource, string group) => group.Length == 0 ? resource : $"{resource}.{group}";

    private static JsonObject Details(string name, string group, string kind)
    {
        var details = new JsonObject();
        if (name.Length > 0)
        {
            details["name"] = name;
        }

        if (group.Length > 0)
        {
            details["group"] = group;
        }

        details["kind"] = kind;
        return details;
    }
}
