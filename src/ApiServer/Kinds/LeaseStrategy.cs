using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Schema;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>A Lease: its numbers and names have lower bounds.</summary>
internal sealed class LeaseStrategy : ResourceStrategy
{
    public override bool AllowsCreateOnUpdate => true;

    public override bool AllowsUnconditionalUpdate => false;

    public override IEnumerable<FieldError> Validate(JsonObject obj, JsonObject? old)
    {
        var spec = obj["spec"];
        if (JsonNumber.From(spec.Get("leaseDurationSeconds")) is { IsInteger: true, Integer: <= 0 } duration)
        {
            yield return FieldErrors.Invalid("spec.leaseDurationSeconds", duration.Integer, "must be greater than 0");
        }

        if (JsonNumber.From(spec.Get("leaseTransitions")) is { IsInteger: true, Integer: < 0 } transitions)
        {
            yield return FieldErrors.Invalid("spec.leaseTransitions", transitions.Integer, "must be greater than or equal to 0");
        }

        if (spec.Get("holderIdentity") is JsonValue holder && holder.TryGetValue<string>(out var identity) && identity.Length == 0)
        {
            yield return FieldErrors.Invalid("spec.holderIdentity", "", "must not be empty");
        }
    }
}
