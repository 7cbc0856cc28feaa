using System.CommandLine;
using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>
/// <c>retained</c>: the memory that pods take in a store, in each form, and in KubernetesClient's own list. Prints one line of JSON each.
/// </summary>
internal static class RetainedCommand
{
    public static Command Create()
    {
        var count = new Option<int>("--n") { Description = "How many pods.", DefaultValueFactory = _ => 10_000 };
        var seed = new Option<int>("--seed") { Description = "What they are made of.", DefaultValueFactory = _ => 1 };
        var command = new Command("retained", "Holds pods in memory.") { count, seed };
        command.SetAction(result => Run(result.GetValue(count), result.GetValue(seed)));
        return command;
    }

    private static void Run(int count, int seed)
    {
        var list = Pods.List(count, seed);
        var client = CacheMemory.OfClient(list, count);
        Print(null, client);
        Measure(Form.Typed, CacheMemory.PodResource);
        Measure(Form.Dynamic, DynamicObject.Of(CacheMemory.PodResource));
        Measure(Form.Metadata, PartialObjectMetadata.Of(CacheMemory.PodResource));

        void Measure<T>(Form form, KubeResource<T> resource)
            where T : class, IKubernetesObject<V1ObjectMeta> => Print(form, CacheMemory.OfStore(resource, list, count));

        void Print(Form? form, long bytes) => JsonLine.Print(
            new RetainedResult(form, count, (double)list.Length / count, (double)bytes / count, (double)bytes / client));
    }
}
