namespace CrMonitor.ApiServer.Kinds;

/// <summary>A column of <c>kubectl get</c>: <c>additionalPrinterColumns</c> of a CustomResourceDefinition.</summary>
internal sealed record PrinterColumn(string Name, string Type, string JsonPath, string Format = "", string Description = "", int Priority = 0);
