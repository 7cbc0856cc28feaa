using System.Text.Json.Nodes;

namespace CrMonitor.ApiServer.Kinds;

/// <summary>
/// The resources that are served: the built-in ones and those of the CustomResourceDefinitions that were applied. All members may be
/// called from any thread; readers see an immutable <see cref="Current"/> and never wait.
/// </summary>
internal sealed class ResourceRegistry
{
    // _gate is held while a new snapshot is made and published, so that two changes do not lose one of them. Events are raised outside.
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, IReadOnlyList<ResourceDefinition>> _custom = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<ResourceDefinition> _builtIn;
    private volatile RegistrySnapshot _current;

    public ResourceRegistry(TimeProvider timeProvider)
    {
        _builtIn = BuiltInKinds.Create(this, timeProvider);
        _current = new RegistrySnapshot(1, _builtIn);
    }

    /// <summary>Raised after a change, with the snapshot before and the one after it, on the thread that made it.</summary>
    public event Action<RegistrySnapshot, RegistrySnapshot>? Changed;

    public RegistrySnapshot Current => _current;

    public IReadOnlyList<ResourceDefinition> All => Current.All;

    public ResourceDefinition? Find(string group, string version, string plural) => Current.Find(group, version, plural);

    public ResourceDefinition? FindKind(string group, string version, string kind) => Current.FindKind(group, version, kind);

    /// <summary>
    /// Serves what a stored CustomResourceDefinition says; one that is not established serves nothing. Called after each write of one.
    /// </summary>
    /// <exception cref="FormatException">The schema cannot be read. Validated definitions never lead here.</exception>
    public void Apply(JsonObject customResourceDefinition)
    {
        var definitions = CustomResourceDefinitions.ToResources(customResourceDefinition);
        Change(CustomResourceDefinitions.NameOf(customResourceDefinition), definitions);
    }

    /// <summary>Stops serving the resources of a CustomResourceDefinition.</summary>
    /// <param name="name">Its name, <c>plural.group</c>.</param>
    public void Remove(string name) => Change(name, []);

    private void Change(string name, IReadOnlyList<ResourceDefinition> definitions)
    {
        RegistrySnapshot before;
        RegistrySnapshot after;
        lock (_gate)
        {
            before = _current;
            if (definitions.Count > 0)
            {
                _custom[name] = definitions;
            }
            else if (!_custom.Remove(name))
            {
                return;
            }

            after = new RegistrySnapshot(before.Generation + 1, [.. _builtIn, .. _custom.Values.SelectMany(d => d)]);
            _current = after;
        }

        Changed?.Invoke(before, after);
    }
}
