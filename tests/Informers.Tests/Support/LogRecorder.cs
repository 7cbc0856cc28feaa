using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace CrMonitor.Informers.Tests;

/// <summary>Keeps what is logged, as text.</summary>
internal sealed class LogRecorder : ILoggerFactory, ILogger
{
    public ConcurrentQueue<string> Lines { get; } = new();

    /// <summary>Those lines that are at least a warning, or have an exception.</summary>
    public ConcurrentQueue<string> Troubles { get; } = new();

    /// <summary>What cannot be logged: whoever logs a line with this text gets an exception.</summary>
    public string? FailsOn { get; set; }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = $"{logLevel}: {formatter(state, exception)}";
        Lines.Enqueue(line);
        if (logLevel >= LogLevel.Warning || exception is not null)
        {
            Troubles.Enqueue($"{line} {exception}");
        }

        if (FailsOn is { } text && line.Contains(text, StringComparison.Ordinal))
        {
            throw new IOException($"No log takes '{line}'.");
        }
    }

    public void Dispose()
    {
    }
}
