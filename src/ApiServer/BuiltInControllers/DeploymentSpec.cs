using System.Globalization;
using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Kinds;

namespace CrMonitor.ApiServer.BuiltInControllers;

/// <summary>What a Deployment asks for, as far as its replicas depend on it.</summary>
internal sealed record DeploymentSpec
{
    private const string HashAlphabet = "bcdfghjklmnpqrstvwxz2456789";

    public required int Replicas { get; init; }

    public required bool IsPaused { get; init; }

    /// <summary>Whether old replicas go before new ones come.</summary>
    public required bool Recreates { get; init; }

    /// <summary>How many replicas there may be beyond <see cref="Replicas"/> during a rollout.</summary>
    public required int MaxSurge { get; init; }

    /// <summary>How many replicas may be missing during a rollout.</summary>
    public required int MaxUnavailable { get; init; }

    /// <summary>How long a replica must be ready before it counts as available.</summary>
    public required TimeSpan MinReady { get; init; }

    public required TimeSpan ProgressDeadline { get; init; }

    /// <summary>How many ReplicaSets of former templates are kept.</summary>
    public required int RevisionHistoryLimit { get; init; }

    public required JsonNode? Template { get; init; }

    /// <summary>A short name of the template: another template has another one.</summary>
    /// <param name="collisions">How often the name that came out belonged to something else; each count leads to another name.</param>
    public string HashTemplate(long collisions) =>
        Hash($"{Canonical(Template)}{(collisions == 0 ? "" : collisions.ToString(CultureInfo.InvariantCulture))}");

    public static DeploymentSpec From(JsonObject deployment)
    {
        var spec = deployment["spec"];
        var replicas = (int)(spec.Get("replicas").Integer() ?? 1);
        var strategy = spec.Get("strategy");
        var recreates = strategy.Get("type").Text() == "Recreate";
        var rolling = strategy.Get("rollingUpdate");
        var surge = Resolve(rolling.Get("maxSurge"), replicas, roundUp: true);
        var unavailable = Resolve(rolling.Get("maxUnavailable"), replicas, roundUp: false);
        var template = spec.Get("template");
        return new DeploymentSpec
        {
            Replicas = replicas,
            IsPaused = spec.Get("paused").IsTrue(),
            Recreates = recreates,
            MaxSurge = recreates ? 0 : surge,

            // With neither a surge nor a gap nothing could ever move.
            MaxUnavailable = recreates ? 0 : Math.Min(surge == 0 && unavailable == 0 ? 1 : unavailable, replicas),
            MinReady = TimeSpan.FromSeconds(spec.Get("minReadySeconds").Integer() ?? 0),
            ProgressDeadline = TimeSpan.FromSeconds(spec.Get("progressDeadlineSeconds").Integer() ?? 600),
            RevisionHistoryLimit = (int)(spec.Get("revisionHistoryLimit").Integer() ?? 10),
            Template = template,
        };
    }

    private static int Resolve(JsonNode? value, int replicas, bool roundUp)
    {
        if (value.Integer() is { } number)
        {
            return (int)number;
        }

        var text = value.Text() ?? "25%";
        if (!text.EndsWith('%') || !int.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var percent))
        {
            return 0;
        }

        return roundUp ? ((replicas * percent) + 99) / 100 : replicas * percent / 100;
    }

    // FNV-1a over the canonical text, in the letters that Kubernetes uses for such names.
    private static string Hash(string text)
    {
        var hash = 2166136261u;
        foreach (var character in text)
        {
            hash = (hash ^ character) * 16777619u;
        }

        return string.Concat(hash.ToString(CultureInfo.InvariantCulture).Select(static digit => HashAlphabet[digit - '0']));
    }

    private static string Canonical(JsonNode? node) => node switch
    {
        JsonObject obj => $"{{{string.Join(',', obj.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"{pair.Key}:{Canonical(pair.Value)}"))}}}",
        JsonArray list => $"[{string.Join(',', list.Select(Canonical))}]",
        null => "null",
        _ => node.ToJsonString(),
    };
}
