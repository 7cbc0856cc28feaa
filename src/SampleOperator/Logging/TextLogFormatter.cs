using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace CrMonitor.SampleOperator;

/// <summary>One line an entry, for people: time, level, message, and the fields of its scopes. An exception follows on lines of its own.</summary>
internal sealed class TextLogFormatter(TimeProvider timeProvider) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "crmonitor-text";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write(timeProvider.GetUtcNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture));
        textWriter.Write(' ');
        textWriter.Write(LevelName(logEntry.LogLevel));
        textWriter.Write("  ");
        textWriter.Write(logEntry.Formatter(logEntry.State, logEntry.Exception));

        var separator = "  ";
        foreach (var (name, value) in LogFields.Collect(logEntry.State, scopeProvider, includeOwn: false))
        {
            textWriter.Write($"{separator}{name}={value}");
            separator = " ";
        }

        textWriter.WriteLine();
        if (logEntry.Exception is { } exception)
        {
            textWriter.WriteLine(exception);
        }
    }

    private static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace => "TRACE",
        LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO ",
        LogLevel.Warning => "WARN ",
        LogLevel.Error => "ERROR",
        _ => "CRIT ",
    };
}
