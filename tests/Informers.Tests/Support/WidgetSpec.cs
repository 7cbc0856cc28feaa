namespace CrMonitor.Informers.Tests;

internal sealed class WidgetSpec
{
    public int Size { get; set; }
}
