using System.Text.RegularExpressions;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>The forms of names in Kubernetes. Each check returns what is wrong, in Kubernetes' words, or <see langword="null"/>.</summary>
internal static partial class DnsNames
{
    /// <summary>RFC 1123 label: 63 characters at most.</summary>
    public static string? CheckLabel(string name) => Check(name, 63, Label,
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character "
        + "(e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')");

    /// <summary>RFC 1123 subdomain: labels with dots between, 253 characters at most.</summary>
    public static string? CheckSubdomain(string name) => Check(name, 253, Subdomain,
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character "
        + "(e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");

    /// <summary>RFC 1035 label: as <see cref="CheckLabel"/>, but it starts with a letter.</summary>
    public static string? CheckLabel1035(string name) => Check(name, 63, Label1035,
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character "
        + "(e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')");

    private static string? Check(string name, int maximum, Regex pattern, string form)
    {
        var tooLong = name.Length > maximum ? $"must be no more than {maximum} bytes" : null;
        var malformed = pattern.IsMatch(name) ? null : form;
        return tooLong is not null && malformed is not null ? $"{tooLong},{malformed}" : tooLong ?? malformed;
    }

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex Label { get; }

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex Subdomain { get; }

    [GeneratedRegex(@"\A[a-z]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex Label1035 { get; }
}
