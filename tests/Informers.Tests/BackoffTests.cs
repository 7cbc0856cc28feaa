namespace CrMonitor.Informers.Tests;

public sealed class BackoffTests
{
    private readonly SignallingTime _time = new();

    [Fact]
    public void Delays_double_from_800_ms_to_30_s_each_with_up_to_as_much_again()
    {
        var backoff = new Backoff(_time, new Random(7));
        double[] nominal = [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30, 30];
        foreach (var seconds in nominal)
        {
            Assert.InRange(backoff.NextDelay().TotalSeconds, seconds, seconds * 2);
        }
    }

    [Fact]
    public void An_hour_of_failures_does_not_bring_the_first_delay_back()
    {
        var backoff = new Backoff(_time, new Random(7));
        for (var i = 0; i < 10; i++)
        {
            backoff.NextDelay();
        }

        for (var elapsed = TimeSpan.Zero; elapsed < TimeSpan.FromHours(1);)
        {
            var delay = backoff.NextDelay();
            Assert.InRange(delay, Backoff.Longest, Backoff.Longest * 2);

            // Attempts that hang for long are no quiet time either.
            _time.Advance(delay + TimeSpan.FromMinutes(3));
            elapsed += delay + TimeSpan.FromMinutes(3);
        }
    }

    [Fact]
    public void Only_two_minutes_that_went_well_bring_the_first_delay_back()
    {
        var backoff = new Backoff(_time, new Random(7));
        backoff.NextDelay();
        backoff.NextDelay();

        backoff.Well(_time.GetTimestamp());
        _time.Advance(Backoff.QuietTime - TimeSpan.FromSeconds(1));
        backoff.Well(_time.GetTimestamp());
        Assert.InRange(backoff.NextDelay().TotalSeconds, 3.2, 6.4);

        backoff.Well(_time.GetTimestamp());
        _time.Advance(Backoff.QuietTime);
        Assert.InRange(backoff.NextDelay().TotalSeconds, 0.8, 1.6);
    }

    [Fact]
    public async Task A_server_that_is_down_is_asked_ever_more_rarely_and_the_informer_recovers()
    {
        await using var fixture = new InformerFixture();
        fixture.Informer.Start();
        var request = await fixture.Server.NextListAsync();
        var down = TimeSpan.Zero;
        var attempts = 0;
        while (down < TimeSpan.FromMinutes(10))
        {
            request.Refuse();
            (request, var delay) = await fixture.AfterDelayAsync();
            down += delay;
            attempts++;
        }

        Assert.InRange(attempts, 10, 25);
        Assert.Equal(attempts, fixture.Informer.Health.ConsecutiveFailures);
        Assert.False(fixture.Informer.Health.IsConnected);
        request.List("20", Json.Widget("a", 1));
        await fixture.Informer.WaitForSyncAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, fixture.Informer.Health.ConsecutiveFailures);
    }
}
