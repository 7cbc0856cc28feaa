using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrMonitor.Controllers;

/// <summary>A Lease as the server told it. What is not understood is kept when it is written again.</summary>
internal sealed class Lease
{
    private readonly JsonObject _json;

    private Lease(JsonObject json)
    {
        _json = json;
        var spec = json["spec"] as JsonObject;
        Holder = Value<string>(spec, "holderIdentity") is { Length: > 0 } holder ? holder : null;
        Duration = Value<int>(spec, "leaseDurationSeconds") is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : null;
        AcquireTime = Value<string>(spec, "acquireTime");
        RenewTime = Value<string>(spec, "renewTime");
        Transitions = Value<int>(spec, "leaseTransitions");
    }

    /// <summary>Who holds it; <see langword="null"/> for nobody.</summary>
    public string? Holder { get; }

    /// <summary>How long it is valid after a renewal; <see langword="null"/> if it does not say.</summary>
    public TimeSpan? Duration { get; }

    public string? AcquireTime { get; }

    public string? RenewTime { get; }

    public int Transitions { get; }

    /// <summary>Reads what the server answered.</summary>
    /// <exception cref="InvalidDataException">It is no JSON object.</exception>
    public static Lease Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonNode.Parse(body) is JsonObject json
                ? new Lease(json)
                : throw new InvalidDataException("The server's answer for a Lease is no JSON object.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The server's answer for a Lease is no JSON: {e.Message}", e);
        }
    }

    /// <summary>The body that makes a Lease which <paramref name="holder"/> holds.</summary>
    public static ReadOnlyMemory<byte> New(string ns, string name, string holder, TimeSpan duration, DateTimeOffset now, int transitions)
    {
        var time = MicroTime.Write(now);
        return JsonBytes.Of(new JsonObject
        {
            ["apiVersion"] = "coordination.k8s.io/v1",
            ["kind"] = "Lease",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
            ["spec"] = new JsonObject
            {
                ["holderIdentity"] = holder,
                ["leaseDurationSeconds"] = WholeSeconds(duration),
                ["acquireTime"] = time,
                ["renewTime"] = time,
                ["leaseTransitions"] = transitions,
            },
        });
    }

    /// <summary>Both say the same of who holds it since when, and was last renewed when.</summary>
    public bool SaysTheSameAs(Lease other) =>
        (Holder, Duration, AcquireTime, RenewTime, Transitions)
        == (other.Holder, other.Duration, other.AcquireTime, other.RenewTime, other.Transitions);

    /// <summary>The body that gives this version of the Lease to <paramref name="holder"/>, or renews it.</summary>
    public ReadOnlyMemory<byte> HeldBy(string holder, TimeSpan duration, DateTimeOffset now)
    {
        // Others tell a renewal by its time: it must differ from the last one, also if the clock was set back or stands still.
        var renewedAt = Holder == holder && MicroTime.Read(RenewTime) is { } last && now < last.AddMicroseconds(1) ? last.AddMicroseconds(1) : now;
        return With(spec =>
        {
            if (Holder != holder)
            {
                spec["acquireTime"] = MicroTime.Write(renewedAt);
                spec["leaseTransitions"] = Transitions + 1;
            }

            spec["holderIdentity"] = holder;
            spec["leaseDurationSeconds"] = WholeSeconds(duration);
            spec["renewTime"] = MicroTime.Write(renewedAt);
        });
    }

    /// <summary>The body that gives this version of the Lease back.</summary>
    public ReadOnlyMemory<byte> Released(DateTimeOffset now) => With(spec =>
    {
        // Without the member: a server may refuse an empty name. One second, for those who look at nothing but the times.
        spec.Remove("holderIdentity");
        spec["leaseDurationSeconds"] = 1;
        spec["renewTime"] = MicroTime.Write(now);
    });

    private static int WholeSeconds(TimeSpan duration) => (int)Math.Ceiling(duration.TotalSeconds);

    private static T? Value<T>(JsonObject? spec, string name) =>
        spec?[name] is JsonValue value && value.TryGetValue<T>(out var read) ? read : default;

    private ReadOnlyMemory<byte> With(Action<JsonObject> change)
    {
        var json = (JsonObject)_json.DeepClone();
        (json["metadata"] as JsonObject)?.Remove("managedFields");
        if (json["spec"] is not JsonObject spec)
        {
            json["spec"] = spec = [];
        }

        change(spec);
        return JsonBytes.Of(json);
    }
}
