using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.Tests;

/// <summary>Waits for a condition on a real process or server, where no signal can be had.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    /// <summary>
    /// Returns as soon as <paramref name="condition"/> holds; fails with <paramref name="expectation"/> after <paramref name="within"/> (30 seconds
    /// by default).
    /// </summary>
    /// <param name="condition">What is waited for.</param>
    /// <param name="expectation">It in words.</param>
    /// <param name="within">How long.</param>
    /// <param name="otherwise">Tells, where it fails, what there is instead.</param>
    public static Task TrueAsync(Func<bool> condition, string expectation, TimeSpan? within = null, Func<string>? otherwise = null) =>
        TrueAsync(() => ValueTask.FromResult(condition()), expectation, within, otherwise);

    /// <summary>The same while the clock of the test goes on by <paramref name="step"/> again and again.</summary>
    public static Task TrueAsync(
        FakeTimeProvider clock, TimeSpan step, Func<ValueTask<bool>> condition, string expectation, Func<string>? otherwise = null) =>
        TrueAsync(
            async () =>
            {
                if (await condition())
                {
                    return true;
                }

                clock.Advance(step);
                return false;
            },
            expectation,
            otherwise: otherwise);

    /// <inheritdoc cref="TrueAsync(Func{bool}, string, TimeSpan?, Func{string}?)"/>
    public static async Task TrueAsync(
        Func<ValueTask<bool>> condition, string expectation, TimeSpan? within = null, Func<string>? otherwise = null)
    {
        var limit = within ?? TimeSpan.FromSeconds(30);
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > limit)
            {
                Assert.Fail($"Not within {limit}: {expectation}. {otherwise?.Invoke()}");
            }

            await Task.Delay(Interval, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
