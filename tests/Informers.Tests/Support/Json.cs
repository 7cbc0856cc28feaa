namespace CrMonitor.Informers.Tests;

/// <summary>What a server says, as text.</summary>
internal static class Json
{
    public static string Widget(string name, int version, int size = 0, string ns = "default", string uid = "u-", string? labels = null) =>
        $$"""
        {"apiVersion":"test.crmonitor.dev/v1","kind":"Widget","metadata":{"name":"{{name}}","namespace":"{{ns}}","uid":"{{uid}}{{name}}","resourceVersion":"{{version}}","labels":{{labels ?? "{}"}} },"spec":{"size":{{size}} } }
        """;

    public static string List(string version, string[] items, string next = "") =>
        $$"""{"kind":"WidgetList","apiVersion":"test.crmonitor.dev/v1","metadata":{"resourceVersion":"{{version}}","continue":"{{next}}"},"items":[{{string.Join(',', items)}}]}""";

    public static string Event(string type, string content) => $$"""{"type":"{{type}}","object":{{content}} }""" + "\n";

    public static string Bookmark(int version) =>
        Event("BOOKMARK", $$"""{"kind":"Widget","apiVersion":"test.crmonitor.dev/v1","metadata":{"resourceVersion":"{{version}}","creationTimestamp":null} }""");

    public static string EndOfList(string version, string mark = "true") => Event(
        "BOOKMARK",
        $$"""{"kind":"Widget","apiVersion":"test.crmonitor.dev/v1","metadata":{"resourceVersion":"{{version}}","annotations":{"k8s.io/initial-events-end":"{{mark}}"} } }""");

    public static string Status(int code, string reason, string message, string details = "{}") =>
        $$"""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"{{message}}","reason":"{{reason}}","details":{{details}},"code":{{code}} }""";
}
