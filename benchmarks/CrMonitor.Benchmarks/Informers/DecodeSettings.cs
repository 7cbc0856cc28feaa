namespace CrMonitor.Benchmarks.Informers;

/// <param name="What">What is decoded.</param>
/// <param name="Form">Into which form.</param>
/// <param name="Count">How many objects or events the input has.</param>
/// <param name="Rounds">How often a repetition decodes it.</param>
internal sealed record DecodeSettings(DecodeWorkload What, Form Form, int Count, int Rounds);
