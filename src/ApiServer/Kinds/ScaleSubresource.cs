namespace CrMonitor.ApiServer.Kinds;

/// <summary>Where the <c>scale</c> subresource reads and writes; paths such as <c>.spec.replicas</c>.</summary>
internal sealed record ScaleSubresource(string SpecReplicasPath, string StatusReplicasPath, string? LabelSelectorPath);
