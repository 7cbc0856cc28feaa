using System.Text;
using CrMonitor.Tests;

namespace CrMonitor.Informers.Tests;

/// <summary>The CustomResourceDefinition of widgets, for servers that are none of the test's making.</summary>
internal static class WidgetDefinition
{
    public const string Path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    /// <summary>Creates it, and returns when widgets are served.</summary>
    public static async Task CreateAsync(RestClient client, string group = "test.crmonitor.dev")
    {
        await client.SendAsync(
            new KubeRequest
            {
                Method = HttpMethod.Post,
                Path = Path,
                Body = Encoding.UTF8.GetBytes("""
                    {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"widgets.GROUP"},
                     "spec":{"group":"GROUP","scope":"Namespaced","names":{"plural":"widgets","singular":"widget","kind":"Widget","listKind":"WidgetList"},
                     "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object",
                     "properties":{"spec":{"type":"object","properties":{"size":{"type":"integer"}}}}}}}]}}
                    """.Replace("GROUP", group, StringComparison.Ordinal)),
            },
            TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await client.SendAsync(
                        new KubeRequest { Method = HttpMethod.Get, Path = $"/apis/{group}/v1/namespaces/default/widgets" }, TestContext.Current.CancellationToken);
                    return true;
                }
                catch (KubeApiException e) when (e.IsNotFound)
                {
                    return false;
                }
            },
            "the new kind is served");
    }
}
