using System.Globalization;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Http;
using CrMonitor.ApiServer.Kinds;
using Microsoft.Extensions.Logging;

namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>A controller inside the server: it observes changes, and looks at the keys that they lead to, one after the other.</summary>
/// <remarks>
/// A key whose reconciliation fails is tried again, later each time, until it succeeds. <see cref="Observe"/> and <see cref="ReconcileAsync"/> may
/// run at the same time.
/// </remarks>
internal abstract partial class BuiltInController<TKey>(IObjectAccess access, TimeProvider time, ILogger logger) : IBuiltInController
    where TKey : notnull
{
    /// <summary>As whom the controllers of a cluster write.</summary>
    protected const string Manager = "kube-controller-manager";

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(1);

    // Of the working loop alone.
    private readonly Dictionary<TKey, int> _failures = [];

    protected IObjectAccess Access { get; } = access;

    protected TimeProvider Time { get; } = time;

    protected DueKeys<TKey> Keys { get; } = new(time);

    /// <summary>The kinds whose changes are observed, by storage key; <see langword="null"/> for what <see cref="IObjectAccess.WatchAsync"/> shows of all.</summary>
    protected abstract IReadOnlyCollection<string>? ObservedKinds { get; }

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using (Keys)
        {
            // What is there already comes without a wait, so that all of it has been observed before the work begins.
            await Task.WhenAll(FollowAsync(cancellationToken), WorkAsync(cancellationToken));
        }
    }

    protected abstract void Observe(ObjectChange change);

    protected abstract ValueTask ReconcileAsync(TKey key, CancellationToken cancellationToken);

    /// <summary>The revision of an object that was read or written.</summary>
    protected static long RevisionOf(JsonObject obj) => long.Parse(obj["metadata"].Get("resourceVersion").Text()!, CultureInfo.InvariantCulture);

    /// <summary>Whether a create was refused because its namespace is going away: then nothing is left to do.</summary>
    protected static bool IsNamespaceTerminating(ApiException exception) =>
        exception.Details.Get("causes").Elements().Any(static cause => cause.Get("reason").Text() == "NamespaceTerminating");

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var change in Access.WatchAsync(ObservedKinds, cancellationToken))
                {
                    Observe(change);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogWatchFailed(exception, GetType().Name, LastRetry);
                await Task.Delay(LastRetry, Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TKey key;
            try
            {
                key = await Keys.TakeAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            try
            {
                await ReconcileAsync(key, cancellationToken);
                _failures.Remove(key);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (ApiException exception) when (exception.Code == 404)
            {
                // What it was about is gone meanwhile, and its deletion is observed on its own.
                _failures.Remove(key);
            }
            catch (Exception exception)
            {
                var failures = _failures.GetValueOrDefault(key);
                _failures[key] = failures + 1;
                var delay = TimeSpan.FromTicks(Math.Min(FirstRetry.Ticks << Math.Min(failures, 20), LastRetry.Ticks));
                if (exception is not ApiException { Code: 409 })
                {
                    LogReconcileFailed(exception, GetType().Name, key, delay);
                }
                else if (failures == 0)
                {
                    // Somebody else wrote in between: the new state is there already.
                    delay = TimeSpan.Zero;
                }

                Keys.AddAt(key, Time.GetUtcNow() + delay);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Controller} lost its watch; watching again in {Delay}")]
    private partial void LogWatchFailed(Exception exception, string controller, TimeSpan delay);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Controller} failed on {Key}; trying again in {Delay}")]
    private partial void LogReconcileFailed(Exception exception, string controller, TKey key, TimeSpan delay);
}
