using k8s;
using k8s.Models;

namespace CrMonitor.Informers;

/// <summary>Keeps a cache equal to the server's objects of one resource (within one scope), and tells any number of handlers what changes.</summary>
/// <remarks>
/// The cache is eventually consistent: it shows a state that the server had, and follows. On a relist it is replaced first, then handlers are told,
/// so that
/// what a handler reads equals one state of the server. There is no order between the changes of different objects.
/// All members may be called from any thread.
/// </remarks>
public interface ISharedInformer<T> : ISharedInformer
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>Reads the cache.</summary>
    ILister<T> Lister { get; }

    /// <summary>Adds a named index: for each object, the values under which <see cref="ILister{T}.ByIndex"/> and what is returned find it.</summary>
    /// <remarks>
    /// The function must depend on the object alone and must not call the informer. If it throws, or gives null, that is logged, and the object has
    /// no value.
    /// An index can be added at any time; the objects that are cached are indexed before the call returns.
    /// </remarks>
    /// <exception cref="ArgumentException">An index of that name exists.</exception>
    IObjectIndex<string, T> AddIndex(string name, Func<T, IEnumerable<string>> values);

    /// <summary>Adds an index whose values are not strings: numbers, keys of other objects, tuples.</summary>
    /// <typeparam name="TValue">
    /// What objects are found by. Its <see cref="object.Equals(object)"/> and <see cref="object.GetHashCode"/> decide.
    /// </typeparam>
    /// <inheritdoc cref="AddIndex(string, Func{T, IEnumerable{string}})"/>
    IObjectIndex<TValue, T> AddIndex<TValue>(string name, Func<T, IEnumerable<TValue>> values)
        where TValue : notnull;

    /// <summary>Takes an index out. Who asks it afterwards is told that there is none.</summary>
    /// <returns><see langword="false"/> if there was no index of that name.</returns>
    bool RemoveIndex(string name);

    /// <summary>Sets a function that changes each object before it is stored: to leave out what nobody reads.</summary>
    /// <remarks>
    /// It may change the object that it is given (nobody else has it yet), or return another. It must be idempotent, depend on the object alone, not
    /// call the
    /// informer, and leave name, namespace, uid and resourceVersion as they are. An object on which it fails, or of which it changes these, is logged
    /// and counted
    /// as invalid and stays as it was last known, as if it could not be decoded; the others flow.
    /// </remarks>
    /// <exception cref="InvalidOperationException">The informer has been started, or has a transform.</exception>
    void SetTransform(Func<T, T> transform);

    /// <summary>
    /// Adds a handler, before or after the start. It is first told every cached object as <see cref="ChangeKind.Added"/> (with
    /// <see cref="ResourceChange{T}.IsInitialList"/>), then what changes.
    /// </summary>
    /// <param name="handler">Who is told.</param>
    /// <param name="options">How; <see langword="null"/> for the defaults.</param>
    /// <exception cref="ObjectDisposedException">The informer was stopped.</exception>
    HandlerRegistration AddHandler(IResourceHandler<T> handler, HandlerOptions? options = null);

    /// <summary>
    /// The changes from now on, in the way that a handler is told them: first every cached object, then what changes, merged by key while the reader
    /// is busy.
    /// </summary>
    /// <remarks>Ends when the informer stops. Each enumeration is a handler of its own, from its first step to its end.</remarks>
    /// <param name="options">As for a handler.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="ObjectDisposedException">The informer was stopped before the enumeration began.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    IAsyncEnumerable<ResourceChange<T>> ReadChangesAsync(HandlerOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// The object of this key in a state not older than <paramref name="atLeast"/>, or <see langword="null"/> if there was none by then.
    /// </summary>
    /// <remarks>
    /// Answered at once if the cache is so far: the object in it is, or the watch has passed that version. Else it waits for the watch; the server is
    /// not asked.
    /// A write noted by <see cref="NoteWrite(T)"/> counts as well.
    /// </remarks>
    /// <param name="key">Which object.</param>
    /// <param name="atLeast">A resourceVersion of this resource, such as a write's answer has it.</param>
    /// <param name="deadline">How long to wait at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException"><paramref name="atLeast"/> is no positive number, so that nothing can be compared with it.</exception>
    /// <exception cref="StaleCacheException">The cache did not come so far within <paramref name="deadline"/>.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled, or the informer was stopped.</exception>
    ValueTask<T?> GetAsync(ObjectKey key, string atLeast, TimeSpan deadline, CancellationToken cancellationToken = default);

    /// <summary>Waits until the cached object of this key satisfies <paramref name="until"/>, and returns it.</summary>
    /// <remarks>Looks at once, and then whenever the object changes; states that follow each other at once may be skipped.</remarks>
    /// <param name="key">Which object.</param>
    /// <param name="until">Is given the object, or <see langword="null"/> while there is none. Its exceptions are the caller's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled, or the informer was stopped.</exception>
    Task<T?> WaitForAsync(ObjectKey key, Func<T?, bool> until, CancellationToken cancellationToken = default);

    /// <summary>Waits until the cache as a whole satisfies <paramref name="until"/>.</summary>
    /// <remarks>Looks at once, and then whenever anything changes, its version included.</remarks>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled, or the informer was stopped.</exception>
    Task WaitForCacheAsync(Func<ILister<T>, bool> until, CancellationToken cancellationToken = default);

    /// <summary>Shows the answer of an own write in the cache at once, without waiting for the watch to bring it.</summary>
    /// <remarks>
    /// Handlers are told as if the watch had brought it; they are not told again when it does, and what the watch or a list still has of the time
    /// before does not take it back. An answer that is not newer than the cache changes nothing. One that leaves the scope (its labels no longer
    /// match) takes the object out; so does one that shows the cached object as gone (marked for deletion, without finalizers or grace), whatever
    /// its version: the write that removes the last finalizer is answered with the state before it. With a field selector, which only the server
    /// can evaluate, only objects that are cached already are changed. <see cref="ILister{T}.ResourceVersion"/> does not move.
    /// The answer belongs to the cache afterwards: it is transformed, shared, and must not be changed.
    /// </remarks>
    /// <param name="answer">
    /// What the server answered to a create, update, patch or status write; and to a delete if it only marked the object.
    /// </param>
    /// <exception cref="ArgumentException">The answer has no name.</exception>
    void NoteWrite(T answer);

    /// <summary>As <see cref="NoteWrite(T)"/>, with the body of the answer: it is decoded as the informer decodes what the server sends.</summary>
    /// <remarks>
    /// Managed fields are left out unless the informer keeps them. Of the bytes nothing is kept. An object that cannot be decoded is logged; the
    /// watch brings it, and makes it an <see cref="InvalidObject"/>.
    /// </remarks>
    /// <param name="answer">The object as JSON.</param>
    /// <returns>
    /// The object as the cache shows it, shared with all who read it; <see langword="null"/> unless the cache shows just this version (the object is
    /// gone, out of scope, changed again, or cannot be decoded).
    /// </returns>
    /// <exception cref="ArgumentException">The answer shows no object with a name (but a <c>Status</c>, say).</exception>
    T? NoteWrite(ReadOnlySpan<byte> answer);

    /// <summary>
    /// Takes an object out of the cache that the server has confirmed to be deleted for good, without waiting for the watch to say so.
    /// </summary>
    /// <remarks>
    /// The object of this uid does not appear again, also if the watch has yet to bring it, until the watch has shown its deletion or a list no
    /// longer holds it; one that is created again under its name has another uid, and is seen. Of an object that is not cached, nor known by
    /// <paramref name="resourceVersion"/>, that is remembered for a minute, and until a bookmark or a list has come after that; of the last thousand
    /// such objects. If the object has finalizers, it is not gone: note the answer with <see cref="NoteWrite(T)"/>.
    /// </remarks>
    /// <param name="key">Which object.</param>
    /// <param name="uid">
    /// Its uid, as the answer's <c>details.uid</c> has it. <see langword="null"/> stands for that of the cached object. If the cache shows another
    /// uid, that object stays, unless <paramref name="resourceVersion"/> shows that the cache is behind.
    /// </param>
    /// <param name="resourceVersion">
    /// The last version of the object that is known, if one is. If the watch has passed it, and the object is not cached, it was deleted before: then
    /// nothing is remembered, unless the informer selects by labels or fields (the object may have left the selected ones, and come back) or could not
    /// read the object.
    /// </param>
    void NoteDelete(ObjectKey key, string? uid = null, string? resourceVersion = null);
}
