using System.Text.Json.Nodes;
using CrMonitor.Informers;
using k8s;
using k8s.Models;

namespace CrMonitor.Controllers;

/// <summary>The finalizers of a controller: what must happen before an object may go, each under a name that the object carries until it has happened.</summary>
/// <remarks>
/// <para>
/// Guarantees: a finalizer stands on the object before <see cref="RunAsync"/> returns <see langword="false"/>, so before anything is created that it cleans up.
/// It is taken away only after its clean-up ended without an exception. Finalizers are independent: one that fails keeps itself, not the others.
/// Finalizers of others are left alone. Writes are patches that hold for the very version they were made for.
/// </para>
/// <para>
/// Assumptions: a clean-up can run again, because the process may end between it and the removal of the finalizer.
/// </para>
/// <para>Errors: a conflict means that the object changed meanwhile; the controller runs again soon.</para>
/// Build it once and share it; <see cref="RunAsync"/> may run for many objects at a time.
/// </remarks>
public sealed class FinalizerSet<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly List<(string Name, Func<T, CancellationToken, ValueTask> CleanUp)> _finalizers = [];

    /// <summary>Adds a finalizer.</summary>
    /// <param name="name">Its name with a domain, such as <c>application.example.com/finalizer</c>. Objects in the cluster carry it: do not rename it.</param>
    /// <param name="cleanUp">What must happen. An exception keeps the finalizer and leads to a retry.</param>
    /// <exception cref="ArgumentException">The name has no domain, or the set has it already.</exception>
    public FinalizerSet<T> Add(string name, Func<T, CancellationToken, ValueTask> cleanUp)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(cleanUp);
        if (name.Split('/') is not [{ Length: > 0 }, { Length: > 0 }])
        {
            throw new ArgumentException($"'{name}' cannot be the name of a finalizer. Kubernetes wants a domain in it: 'example.com/{name.Trim('/')}'.", nameof(name));
        }

        if (_finalizers.Exists(finalizer => finalizer.Name == name))
        {
            throw new ArgumentException($"The finalizer '{name}' was added before.", nameof(name));
        }

        _finalizers.Add((name, cleanUp));
        return this;
    }

    /// <summary>Adds those finalizers that a living object lacks; runs and removes those that an object still has which is to be deleted.</summary>
    /// <returns>
    /// <see langword="false"/>: the object lives and carries all finalizers, carry on. <see langword="true"/>: it is to be deleted or gone, and there is nothing
    /// else to do for it. <see cref="ReconcileContext{T}.Object"/> shows what was written.
    /// </returns>
    /// <exception cref="AggregateException">Several clean-ups failed; one that fails alone throws its own exception.</exception>
    public async Task<bool> RunAsync(ReconcileContext<T> context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Object is not { } current)
        {
            return true;
        }

        var present = current.Metadata.Finalizers ?? [];
        if (current.Metadata.DeletionTimestamp is not null)
        {
            await CleanUpAsync(context, current, present, cancellationToken);
            return true;
        }

        var missing = _finalizers.Select(finalizer => finalizer.Name).Except(present).ToList();
        if (missing.Count > 0)
        {
            await WriteAsync(context, current, [.. present, .. missing], cancellationToken);
        }

        return false;
    }

    private async Task CleanUpAsync(ReconcileContext<T> context, T current, IList<string> present, CancellationToken cancellationToken)
    {
        var done = new List<string>();
        var failures = new List<Exception>();
        foreach (var (name, cleanUp) in _finalizers.Where(finalizer => present.Contains(finalizer.Name)))
        {
            try
            {
                await cleanUp(current, cancellationToken);
                done.Add(name);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                failures.Add(e);
            }
        }

        if (done.Count > 0)
        {
            try
            {
                await WriteAsync(context, current, present.Except(done), cancellationToken);
            }
            catch (KubeApiException e) when (e.IsNotFound)
            {
                // Somebody else took the finalizers away, and the object went: just what was wanted.
            }
            catch (Exception e) when (failures.Count > 0 && !cancellationToken.IsCancellationRequested)
            {
                failures.Add(e);
            }
        }

        switch (failures)
        {
            case []:
                return;
            case [var failure]:
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
                return;
            default:
                throw new AggregateException($"{failures.Count} finalizers of {context.Key} failed and stay.", failures);
        }
    }

    private static async Task WriteAsync(ReconcileContext<T> context, T current, IEnumerable<string> finalizers, CancellationToken cancellationToken)
    {
        // A merge patch replaces the list as a whole. The resourceVersion makes sure that it is the list that was looked at.
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["resourceVersion"] = current.Metadata.ResourceVersion,
                ["finalizers"] = new JsonArray([.. finalizers.Select(name => JsonValue.Create(name))]),
            },
        };
        await context.PatchAsync(KubePatch.Merge(patch), options: null, cancellationToken);
    }
}
