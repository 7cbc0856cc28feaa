using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;

namespace CrMonitor.Informers.Tests;

/// <summary>Writes down what it is told, and can be held or made to fail.</summary>
internal sealed class RecordingHandler : IResourceHandler<Widget>
{
    private readonly Channel<ResourceChange<Widget>> _changes = Channel.CreateUnbounded<ResourceChange<Widget>>();

    /// <summary>What each call does before it returns.</summary>
    public Func<ResourceChange<Widget>, CancellationToken, Task>? Before { get; set; }

    public ConcurrentQueue<string> All { get; } = new();

    public ConcurrentQueue<ResourceChange<Widget>> Changes { get; } = new();

    public async ValueTask HandleAsync(ResourceChange<Widget> change, CancellationToken cancellationToken)
    {
        All.Enqueue(Describe(change));
        Changes.Enqueue(change);
        _changes.Writer.TryWrite(change);
        if (Before is not null)
        {
            await Before(change, cancellationToken);
        }
    }

    public async Task<ResourceChange<Widget>> NextAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        try
        {
            return await _changes.Reader.ReadAsync(limit.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new InvalidOperationException($"No change was told. So far:\n{string.Join('\n', All)}", e);
        }
    }

    /// <summary>The next change in short, such as <c>Updated default/web 3->4</c> (sizes before and after).</summary>
    public async Task<string> NextTextAsync() => Describe(await NextAsync());

    public static string Describe(ResourceChange<Widget> change)
    {
        static string Size(Widget? widget) => widget?.Spec?.Size.ToString(CultureInfo.InvariantCulture) ?? "";
        var flags = (change.IsInitialList ? " initial" : "") + (change.IsFinalStateUnknown ? " unknown" : "") + (change.IsResync ? " resync" : "");
        return $"{change.Kind} {change.Key} {Size(change.Old)}->{Size(change.Current)}{flags}";
    }
}
