namespace CrMonitor.Tests;

/// <summary>Waits for a condition on a real process or server, where no signal can be had.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    /// <summary>
    /// Returns as soon as <paramref name="condition"/> holds; fails with <paramref name="expectation"/> after <paramref name="within"/> (30 seconds
    /// by default).
    /// </summary>
    public static Task TrueAsync(Func<bool> condition, string expectation, TimeSpan? within = null) =>
        TrueAsync(() => ValueTask.FromResult(condition()), expectation, within);

    /// <inheritdoc cref="TrueAsync(Func{bool}, string, TimeSpan?)"/>
    public static async Task TrueAsync(Func<ValueTask<bool>> condition, string expectation, TimeSpan? within = null)
    {
        var limit = within ?? TimeSpan.FromSeconds(30);
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > limit)
            {
                Assert.Fail($"Not within {limit}: {expectation}");
            }

            await Task.Delay(Interval, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
