using System.Globalization;

namespace CrMonitor.Benchmarks.WorkQueues;

internal static class Keys
{
    private const int Namespaces = 1000;

    public static string[] Create(int count)
    {
        var keys = new string[count];
        for (var i = 0; i < count; i++)
        {
            keys[i] = string.Create(CultureInfo.InvariantCulture, $"ns-{i % Namespaces}/name-{i}");
        }

        return keys;
    }

    /// <summary>The number of the namespace.</summary>
    public static int Flow(string key)
    {
        var number = 0;
        for (var i = 3; key[i] != '/'; i++)
        {
            number = (number * 10) + key[i] - '0';
        }

        return number;
    }

    /// <summary>The number of the key.</summary>
    public static int Index(string key) =>
        int.Parse(key.AsSpan(key.IndexOf('/', StringComparison.Ordinal) + 6), NumberStyles.None, CultureInfo.InvariantCulture);
}
