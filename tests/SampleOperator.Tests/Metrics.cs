using System.Globalization;

namespace CrMonitor.SampleOperator.Tests;

/// <summary>A scrape of <c>/metrics</c>.</summary>
internal sealed class Metrics(string text)
{
    public string Text { get; } = text;

    public static async Task<Metrics> ScrapeAsync(Uri url)
    {
        using var client = new HttpClient();
        return new Metrics(await client.GetStringAsync(url, TestContext.Current.CancellationToken));
    }

    /// <summary>The values of all series of this name, added up; <see langword="null"/> if there is none.</summary>
    public double? Sum(string name)
    {
        var lines = Text.Split('\n').Where(line => line.StartsWith(name + "{", StringComparison.Ordinal)).ToList();
        return lines.Count == 0 ? null : lines.Sum(Value);
    }

    /// <summary>The value of the one series of this name that has all of these labels; <see langword="null"/> if there is none.</summary>
    public double? Value(string name, params (string Name, string Value)[] labels)
    {
        var line = Text.Split('\n').SingleOrDefault(line =>
            (line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal))
            && labels.All(label => line.Contains($"{label.Name}=\"{label.Value}\"", StringComparison.Ordinal)));
        return line is null ? null : Value(line);
    }

    private static double Value(string line) => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
}
