using CrMonitor.Benchmarks.WorkQueues;
using CrMonitor.Informers;

namespace CrMonitor.Benchmarks.Informers;

/// <summary>A store of typed Applications with an index by owner, and the questions that are put to it.</summary>
internal sealed class LookupStore
{
    private const string OwnerIndex = "owner";
    private const string OwnerAnnotation = "example.com/owner";
    private const int Owners = 10_000;
    private const int Namespaces = 100;
    private const int Selectors = 1000;
    private const ulong FirstVersion = 1_000_000;

    private static readonly string[] Environments = ["prod", "staging", "dev", "test"];

    private readonly Application[] _objects;
    private readonly ObjectKey[] _keys;
    private readonly string[] _namespaces;
    private readonly string[] _owners;
    private readonly LabelSelector[] _selectors;
    private readonly IndexedStore<Application> _store =
        new(ObjectForm<Application>.Of(Application.Resource, keepManagedFields: false), [null], static (_, _, e) => throw e);

    public LookupStore(int count)
    {
        var decoder = new ObjectDecoder<Application>(Application.Resource, keepManagedFields: false);
        _objects = [.. Enumerable.Range(0, count).Select(i => decoder.Decode(Applications.Served(i, FirstVersion)).Object!)];
        // Strings of their own, as of somebody who does not have the object.
        _namespaces = [.. Enumerable.Range(0, Namespaces).Select(Applications.Namespace)];
        _keys = [.. Enumerable.Range(0, count).Select(i => new ObjectKey(_namespaces[i % Namespaces], Applications.Name(i)))];
        _owners = [.. Enumerable.Range(0, Owners).Select(i => $"owner-{i}@example.com")];
        _selectors = [.. Enumerable.Range(0, Selectors).Select(
            i => LabelSelector.Parse($"team=team-{i % 20},env={Environments[i % Environments.Length]}"))];
        _store.AddIndex<string>(OwnerIndex, static application => [application.Metadata.Annotations[OwnerAnnotation]]);
    }

    /// <summary>Adds all objects, one by one.</summary>
    public void Fill()
    {
        foreach (var application in _objects)
        {
            Write(application);
        }
    }

    /// <summary>Asks once for something drawn at random, and returns how many objects the answer has.</summary>
    public int Ask(LookupOperation operation, ref Xorshift random) => operation switch
    {
        LookupOperation.Get => _store.Get(_keys[random.Next(_keys.Length)]) is null ? throw new InvalidOperationException("A key is missing.") : 1,
        LookupOperation.ByIndex => _store.ByIndex(OwnerIndex, _owners[random.Next(Owners)]).Count,
        LookupOperation.Namespace => _store.List(_namespaces[random.Next(Namespaces)]).Count,
        LookupOperation.NamespaceSelector => _store.List(_namespaces[random.Next(Namespaces)], _selectors[random.Next(Selectors)]).Count,
        LookupOperation.Selector => _store.List(null, _selectors[random.Next(Selectors)]).Count,
        _ => _store.List().Count,
    };

    /// <summary>Updates an object drawn at random with a new instance, as a watch event does.</summary>
    public void Update(ref Xorshift random)
    {
        var before = _objects[random.Next(_objects.Length)];
        Write(new Application
        {
            ApiVersion = before.ApiVersion,
            Kind = before.Kind,
            Metadata = before.Metadata,
            Spec = before.Spec,
            Status = before.Status,
        });
    }

    private void Write(Application application) => _store.Write(0, ObjectKey.Of(application), application, application.Metadata.ResourceVersion);
}
