namespace CrMonitor.SampleOperator;

/// <summary>How log lines are written.</summary>
internal enum LogFormat
{
    /// <summary>For people: time, level, message, then the fields as <c>name=value</c>.</summary>
    Text,

    /// <summary>For machines: one JSON object a line, the fields as its members.</summary>
    Json,
}
