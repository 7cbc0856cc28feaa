using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace CrMonitor.Informers;

/// <summary>Single calls of the API: what a controller writes, and the few reads that a cache cannot answer.</summary>
/// <remarks>
/// Guarantees: a call ends within <see cref="RestClientOptions.Timeout"/>, also if the server stalls in the middle of a body.
/// Too many requests (429) and any 5xx with <c>Retry-After</c> are repeated as the server asks, if that fits into the timeout; other 5xx and broken
/// connections only if the request can be sent twice without harm (GET, PUT, DELETE, server-side apply).
/// A request that was repeated may have had its effect at the first attempt: a PUT can then see a conflict with itself.
/// May be used from any thread.
/// </remarks>
public sealed partial class RestClient
{
    private static readonly ResiliencePropertyKey<KubeRequest> RequestKey = new("CrMonitor.Request");
    private static readonly ResiliencePropertyKey<int> NumberKey = new("CrMonitor.Number");
    private static readonly ResiliencePropertyKey<Action?> GuardKey = new("CrMonitor.Guard");
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);

    private readonly IKubeTransport _transport;
    private readonly RestClientOptions _options;
    private readonly ILogger _logger;
    private readonly ResiliencePipeline<Answer> _pipeline;

    /// <summary>Creates a client over <paramref name="transport"/>, which stays the caller's.</summary>
    public RestClient(IKubeTransport transport, RestClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(transport);
        _transport = transport;
        _options = options ?? new RestClientOptions();
        _logger = _options.LoggerFactory.CreateLogger("CrMonitor.Informers.RestClient");
        var builder = new ResiliencePipelineBuilder<Answer> { TimeProvider = _options.TimeProvider };
        builder.AddTimeout(_options.Timeout);
        if (_options.MaxRetries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions<Answer>
            {
                MaxRetryAttempts = _options.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                Delay = FirstDelay,
                UseJitter = true,
                Randomizer = _options.Random.NextDouble,
                ShouldHandle = arguments => ValueTask.FromResult(IsWorthAnotherTry(arguments.Context, arguments.Outcome)),
                DelayGenerator = arguments => ValueTask.FromResult(arguments.Outcome.Result?.RetryAfter),
                OnRetry = arguments =>
                {
                    var request = Request(arguments.Context);
                    var outcome = Describe(arguments.Outcome);
                    LogRetry(request, outcome, arguments.RetryDelay);
                    arguments.Context.Properties.Set(NumberKey, arguments.AttemptNumber + 1);
                    return ValueTask.CompletedTask;
                },
            });
        }

        _pipeline = builder.Build();
    }

    /// <summary>Sends a request and reads the whole answer.</summary>
    /// <exception cref="KubeApiException">The server refused: the message names the request and what the server said.</exception>
    /// <exception cref="HttpRequestException">The server could not be reached, or the connection broke.</exception>
    /// <exception cref="TimeoutException">
    /// There was no complete answer within <see cref="RestClientOptions.Timeout"/>. Whether a write took effect is unknown.
    /// </exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public Task<KubeResponse> SendAsync(KubeRequest request, CancellationToken cancellationToken = default) =>
        SendAsync(request, null, cancellationToken);

    /// <summary>As <see cref="SendAsync(KubeRequest, CancellationToken)"/>, for a request that may be sent only while something holds.</summary>
    /// <inheritdoc cref="SendAsync(KubeRequest, CancellationToken)"/>
    /// <param name="request">What is sent.</param>
    /// <param name="guard">
    /// Is called before each attempt, and throws if it must not be made. What it throws ends the call as it is, and the attempt is not told to
    /// <see cref="RestClientOptions.OnAttempt"/>; but <see cref="HttpRequestException"/> and <see cref="IOException"/> stand for one that failed.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<KubeResponse> SendGuardedAsync(KubeRequest request, Action guard, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(guard);
        return SendAsync(request, guard, cancellationToken);
    }

    private static KubeRequest Request(ResilienceContext context) => context.Properties.GetValue(RequestKey, null!);

    private async Task<KubeResponse> SendAsync(KubeRequest request, Action? guard, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: true, cancellationToken);
        try
        {
            context.Properties.Set(RequestKey, request);
            if (guard is not null)
            {
                context.Properties.Set(GuardKey, guard);
            }

            var answer = await _pipeline.ExecuteAsync(static (c, client) => client.AttemptAsync(c), context, this);
            return answer.IsSuccess
                ? new KubeResponse { StatusCode = answer.StatusCode, Body = answer.Body, Warnings = answer.Warnings }
                : throw StatusBody.ToException(request.ToString(), answer.StatusCode, answer.Body, answer.RetryAfter);
        }
        catch (TimeoutRejectedException e)
        {
            throw new TimeoutException($"{request}: no complete answer from {_transport.BaseUri} within {_options.Timeout.TotalSeconds:0.#} s.", e);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private async ValueTask<Answer> AttemptAsync(ResilienceContext context)
    {
        var request = Request(context);
        context.Properties.GetValue(GuardKey, null)?.Invoke();
        Answer? answer = null;
        try
        {
            return answer = await AttemptAsync(request, context.CancellationToken);
        }
        finally
        {
            _options.OnAttempt?.Invoke(new RestAttempt
            {
                Request = request,
                Number = context.Properties.GetValue(NumberKey, 0),
                StatusCode = answer?.StatusCode,
                ResponseLength = answer?.Body.Length ?? 0,
            });
        }
    }

    private async ValueTask<Answer> AttemptAsync(KubeRequest request, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(request.Method, new Uri(request.Path, UriKind.Relative));
        message.Headers.Accept.ParseAdd(request.Accept ?? "application/json");
        if (!request.Body.IsEmpty)
        {
            message.Content = new ReadOnlyMemoryContent(request.Body);
            message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(request.ContentType ?? "application/json");
        }

        using var response = await _transport.SendAsync(message, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return new Answer(response.StatusCode, body, Warnings(response), RetryAfterHeader.Read(response, _options.TimeProvider));
    }

    private static string[] Warnings(HttpResponseMessage response) =>
        [.. response.Headers.Warning.Select(warning => Unquote(warning.Text))];

    private static string Unquote(string text) =>
        text is ['"', .. var inner, '"']
            ? inner.Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal)
            : text;

    private bool IsWorthAnotherTry(ResilienceContext context, Outcome<Answer> outcome)
    {
        var idempotent = Request(context).IsIdempotent;
        return outcome switch
        {
            // Asked to wait longer than a call may take: the caller, who can put the work aside, is told at once.
            { Result.RetryAfter: { } wait } when wait >= _options.Timeout => false,
            { Result.StatusCode: HttpStatusCode.TooManyRequests } => true,
            { Result: { IsServerError: true, RetryAfter: not null } } => true,
            { Result.IsServerError: true } => idempotent,
            { Exception: HttpRequestException or IOException } => idempotent,
            _ => false,
        };
    }

    private static string Describe(Outcome<Answer> outcome) =>
        outcome.Exception?.Message ?? string.Create(CultureInfo.InvariantCulture, $"{(int)outcome.Result!.StatusCode} {outcome.Result.StatusCode}");

    [LoggerMessage(Level = LogLevel.Information, Message = "{Request} failed ({Outcome}); trying again in {Delay}")]
    private partial void LogRetry(KubeRequest request, string outcome, TimeSpan delay);

    private sealed record Answer(HttpStatusCode StatusCode, byte[] Body, IReadOnlyList<string> Warnings, TimeSpan? RetryAfter)
    {
        public bool IsSuccess => (int)StatusCode is >= 200 and < 300;

        public bool IsServerError => (int)StatusCode >= 500;
    }
}
