using System.Net.Http.Headers;
using System.Text;

namespace CrMonitor.Controllers.Tests;

/// <summary>The definition of Widget, for a server that validates.</summary>
internal static class WidgetDefinition
{
    private const string Json = """
        {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"widgets.example.com"},
         "spec":{"group":"example.com","scope":"Namespaced","names":{"plural":"widgets","singular":"widget","kind":"Widget"},
          "versions":[{"name":"v1","served":true,"storage":true,"subresources":{"status":{}},
           "schema":{"openAPIV3Schema":{"type":"object","properties":{
            "spec":{"type":"object","properties":{"size":{"type":"integer"},"color":{"type":"string"}}},
            "status":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}}}]}}
        """;

    public static async Task InstallAsync(HttpMessageHandler handler, CancellationToken cancellationToken)
    {
        using var invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://server/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
        {
            Content = new StringContent(Json, Encoding.UTF8, new MediaTypeHeaderValue("application/json")),
        };
        using var response = await invoker.SendAsync(request, cancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
    }
}
