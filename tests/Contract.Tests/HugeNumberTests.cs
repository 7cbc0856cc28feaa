namespace CrMonitor.Contract.Tests;

/// <summary>Numbers that are JSON and yet no numbers of a program.</summary>
public sealed class HugeNumberTests(Servers servers) : ContractTest(servers)
{
    [Theory, BothServers]
    public async Task A_number_that_no_float_can_hold_is_refused(ServerKind server)
    {
        await UseAsync(server);

        var answer = await CreateAsync(Widget("a", """{"image":"i","replicas":1e400}"""));

        Assert.Equal((400, "BadRequest"), (answer.Status, answer.Reason));
        Assert.Contains("1e400", answer.Message, StringComparison.Ordinal);
    }
}
