using System.Net;
using System.Text;
using System.Web;

namespace CrMonitor.Informers.Tests;

/// <summary>One request that waits for the test's answer.</summary>
internal sealed class ScriptedRequest
{
    private readonly TaskCompletionSource<HttpResponseMessage> _response = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HttpRequestMessage _message;

    public ScriptedRequest(HttpRequestMessage message, CancellationToken cancellationToken)
    {
        _message = message;
        Uri = message.RequestUri!;
        Method = message.Method;
        Body = message.Content?.ReadAsStringAsync(CancellationToken.None).GetAwaiter().GetResult() ?? "";
        ContentType = message.Content?.Headers.ContentType?.ToString();
        Accept = message.Headers.Accept.ToString();
        cancellationToken.Register(() =>
        {
            Cancelled.TrySetResult();
            _response.TrySetCanceled(cancellationToken);
        });
    }

    public Uri Uri { get; }

    public HttpMethod Method { get; }

    public string Body { get; }

    public string? ContentType { get; }

    public string Accept { get; }

    public bool IsWatch => this["watch"] == "true";

    public bool IsStream => this["sendInitialEvents"] == "true";

    public Task<HttpResponseMessage> Response => _response.Task;

    /// <summary>Completes when the client gives the request up.</summary>
    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A parameter of the query; null if it is not there.</summary>
    public string? this[string parameter] => HttpUtility.ParseQueryString(Uri.Query)[parameter];

    /// <summary>Answers completely.</summary>
    public void Answer(HttpStatusCode code, string body, Action<HttpResponseMessage>? change = null)
    {
        var response = new HttpResponseMessage(code) { Content = new StringContent(body, Encoding.UTF8, "application/json"), RequestMessage = _message };
        change?.Invoke(response);
        Assert.True(_response.TrySetResult(response), $"{Uri} was answered or given up already");
    }

    public void Answer(string body) => Answer(HttpStatusCode.OK, body);

    /// <summary>Answers a list.</summary>
    public void List(string version, params string[] items) => Answer(Json.List(version, items));

    /// <summary>Answers with headers; the test goes on with the body.</summary>
    public ScriptedBody Open()
    {
        var body = new ScriptedBody();
        var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(body), RequestMessage = _message };
        Assert.True(_response.TrySetResult(response), $"{Uri} was answered or given up already");
        return body;
    }

    public void Refuse() => _response.TrySetException(new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused (server:80)"));
}
