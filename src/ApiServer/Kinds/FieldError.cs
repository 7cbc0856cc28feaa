namespace CrMonitor.ApiServer.Kinds;

/// <summary>One invalid field, as a <c>Status</c> lists it among its causes.</summary>
/// <param name="Reason">The cause's reason, such as <c>FieldValueInvalid</c>.</param>
/// <param name="Field">The path, such as <c>spec.replicas</c>.</param>
/// <param name="Message">The text without the path, such as <c>Invalid value: 30: should be less than or equal to 10</c>.</param>
internal sealed record FieldError(string Reason, string Field, string Message);
