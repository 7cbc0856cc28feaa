using CrMonitor.SampleOperator;

try
{
    var settings = new OperatorCommand().Parse(args, Environment.GetEnvironmentVariable, Console.Out);
    return settings is null ? ExitCodes.Done : await OperatorProgram.RunAsync(settings, Environment.GetEnvironmentVariable);
}
catch (UsageException exception)
{
    Console.Error.WriteLine($"error: {exception.Message}");
    return ExitCodes.Usage;
}
