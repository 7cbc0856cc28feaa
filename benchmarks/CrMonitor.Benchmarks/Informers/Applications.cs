using System.Buffers;
using System.Globalization;
using System.Text;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>Makes the JSON of Application number i: byte for byte what the Go programs' <c>gen.Served</c> makes, as a server sends it.</summary>
internal static class Applications
{
    /// <summary>How many namespaces there are.</summary>
    public const int NamespaceCount = 100;

    // Above the longest one, so that the buffer never grows.
    private const int MaxLength = 2048;

    private static readonly string[] Tiers = ["frontend", "backend", "cache"];
    private static readonly string[] Environments = ["prod", "staging", "dev", "test"];

    public static string Namespace(int number) => string.Create(CultureInfo.InvariantCulture, $"ns-{number % 100}");

    public static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"app-{number:D6}");

    /// <summary>A version as it stands in an object.</summary>
    public static string Version(ulong resourceVersion) => resourceVersion.ToString("D10", CultureInfo.InvariantCulture);

    /// <summary>One object, 1,737 bytes on average.</summary>
    public static byte[] Served(int number, ulong resourceVersion)
    {
        var target = new ArrayBufferWriter<byte>(MaxLength);
        WriteServed(target, number, resourceVersion);
        return target.WrittenSpan.ToArray();
    }

    /// <summary>The body of a LIST of objects 0, 1, ... in one version.</summary>
    public static byte[] List(int count, ulong resourceVersion)
    {
        var target = new ArrayBufferWriter<byte>((count + 1) * MaxLength);
        target.Write("""{"apiVersion":"example.com/v1","items":["""u8);
        for (var number = 0; number < count; number++)
        {
            target.Write(number == 0 ? ""u8 : ","u8);
            WriteServed(target, number, resourceVersion);
        }

        Write(target, $$$"""],'kind':'ApplicationList','metadata':{'continue':'','resourceVersion':'{{{resourceVersion}}}'}}""");
        return target.WrittenSpan.ToArray();
    }

    /// <summary>The body of a WATCH: a MODIFIED event of each of the objects 0, 1, ..., with versions that count up.</summary>
    public static byte[] Events(int count, ulong firstVersion)
    {
        var target = new ArrayBufferWriter<byte>((count + 1) * MaxLength);
        for (var number = 0; number < count; number++)
        {
            WriteEvent(target, "MODIFIED", number, firstVersion + (ulong)number);
        }

        return target.WrittenSpan.ToArray();
    }

    /// <summary>The begin of a WATCH that asks for the list: the objects 0, 1, ... in one version, and the bookmark after them.</summary>
    public static byte[] InitialEvents(int count, ulong resourceVersion)
    {
        var target = new ArrayBufferWriter<byte>((count + 1) * MaxLength);
        for (var number = 0; number < count; number++)
        {
            WriteEvent(target, "ADDED", number, resourceVersion);
        }

        Write(target, $$$$"""{'type':'BOOKMARK','object':{'apiVersion':'example.com/v1','kind':'Application','metadata':{""");
        Write(target, $$$$"""'annotations':{'k8s.io/initial-events-end':'true'},'resourceVersion':'{{{{Version(resourceVersion)}}}}'}}}""");
        target.Write("\n"u8);
        return target.WrittenSpan.ToArray();
    }

    /// <summary>One object, at the end of what <paramref name="target"/> holds.</summary>
    public static void WriteServed(IBufferWriter<byte> target, int number, ulong resourceVersion)
    {
        var team = number % 20;
        Write(target, $$$"""{'apiVersion':'example.com/v1','kind':'Application','metadata':{'annotations':{""");
        Write(target, $$$"""'example.com/description':'Application number {{{number}}}, made by the loader',""");
        Write(target, $$$"""'example.com/owner':'owner-{{{number % 10000}}}@example.com'},'creationTimestamp':'2025-01-01T00:00:00Z','generation':1,""");
        Write(target, $$$"""'labels':{'app':'app-{{{number:D6}}}','env':'{{{Environments[number % 4]}}}','team':'team-{{{team}}}',""");
        Write(target, $$$"""'tier':'{{{Tiers[number % 3]}}}'},'managedFields':[""");
        WriteManagedFields(target);
        Write(target, $$$"""],'name':'app-{{{number:D6}}}','namespace':'ns-{{{number % 100}}}','resourceVersion':'{{{Version(resourceVersion)}}}',""");
        Write(target, $$$"""'uid':'00000000-0000-4000-8000-{{{number:D12}}}'},'spec':{'image':'registry.example.com/team-{{{team}}}/""");
        Write(target, $$$"""app:1.{{{number % 100}}}.0','ports':[80,443,8080],'replicas':{{{1 + (number % 5)}}}},'status':{'conditions':[""");
        WriteCondition(target, "Available", "True", "MinimumReplicasAvailable", "All replicas are available");
        target.Write(","u8);
        WriteCondition(target, "Progressing", "False", "RolloutComplete", "Rollout has finished");
        target.Write(","u8);
        WriteCondition(target, "Degraded", "False", "AsExpected", "No error was seen");
        Write(target, $$$"""],'observedGeneration':1,'readyReplicas':{{{1 + (number % 5)}}}}}""");
    }

    private static void WriteEvent(ArrayBufferWriter<byte> target, string type, int number, ulong resourceVersion)
    {
        Write(target, $$$"""{'type':'{{{type}}}','object':""");
        WriteServed(target, number, resourceVersion);
        target.Write("}\n"u8);
    }

    private static void WriteManagedFields(IBufferWriter<byte> target)
    {
        Write(target, $$$$"""{'apiVersion':'example.com/v1','fieldsType':'FieldsV1','fieldsV1':{""");
        Write(target, $$$$"""'f:metadata':{'f:annotations':{'.':{},'f:example.com/description':{},'f:example.com/owner':{}},""");
        Write(target, $$$$"""'f:labels':{'.':{},'f:app':{},'f:env':{},'f:team':{},'f:tier':{}}},""");
        Write(target, $$$$"""'f:spec':{'.':{},'f:image':{},'f:ports':{},'f:replicas':{}}},""");
        Write(target, $$$$"""'manager':'loader','operation':'Update','time':'2025-01-01T00:00:00Z'},""");
        Write(target, $$$$"""{'apiVersion':'example.com/v1','fieldsType':'FieldsV1','fieldsV1':{""");
        Write(target, $$$$"""'f:status':{'.':{},'f:conditions':{},'f:observedGeneration':{},'f:readyReplicas':{}}},""");
        Write(target, $$$$"""'manager':'loader','operation':'Update','subresource':'status','time':'2025-01-01T00:00:00Z'}""");
    }

    private static void WriteCondition(IBufferWriter<byte> target, string type, string status, string reason, string message)
    {
        Write(target, $$$"""{'lastTransitionTime':'2025-01-01T00:00:00Z','message':'{{{message}}}','observedGeneration':1,""");
        Write(target, $$$"""'reason':'{{{reason}}}','status':'{{{status}}}','type':'{{{type}}}'}""");
    }

    // Quotes are written as apostrophes, which no value has: JSON in literals is hard enough to read.
    private static void Write(IBufferWriter<byte> target, FormattableString text) =>
        Encoding.UTF8.GetBytes(text.ToString(CultureInfo.InvariantCulture).Replace('\'', '"'), target);
}
