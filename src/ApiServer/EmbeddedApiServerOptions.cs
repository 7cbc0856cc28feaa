using Microsoft.Extensions.Logging;

namespace CrMonitor.ApiServer;

/// <summary>How an <see cref="EmbeddedApiServer"/> runs.</summary>
public sealed class EmbeddedApiServerOptions
{
    /// <summary>The TCP port on the loopback address.</summary>
    /// <value>0, a free port chosen by the system, by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not between 0 and 65535.</exception>
    public int Port
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 65535);
            field = value;
        }
    }

    /// <summary>
    /// Whether the server speaks TLS (and HTTP/2 with those who want it), with a certificate that it makes when it starts. Its
    /// <see cref="EmbeddedApiServer.KubeConfig"/> tells clients to trust it.
    /// </summary>
    /// <value>False by default.</value>
    public bool UsesTls { get; init; }

    /// <summary>
    /// The bearer token that requests must carry, also those of <see cref="EmbeddedApiServer.CreateHandler"/>. Others are answered with 401, but for
    /// <c>/version</c>, <c>/healthz</c>, <c>/livez</c> and <c>/readyz</c>. <see cref="EmbeddedApiServer.KubeConfig"/> has it.
    /// </summary>
    /// <value><see langword="null"/> by default: no request needs a token.</value>
    /// <exception cref="ArgumentException">The value has characters that a header or a kubeconfig could not carry as they are:
    /// letters, digits and <c>-._~+/=</c> are allowed.</exception>
    public string? BearerToken
    {
        get;
        init
        {
            if (value is not null && (value.Length == 0 || !value.All(IsOfTokens)))
            {
                throw new ArgumentException("A bearer token has one character at least, and only letters, digits and -._~+/= in it.", nameof(value));
            }

            field = value;
        }
    }

    /// <summary>The clock of timestamps, bookmarks, watch timeouts and the built-in controllers.</summary>
    /// <value>The system's by default.</value>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where failures of the server itself are logged.</summary>
    /// <value>Nowhere by default.</value>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>How often a watch that allows bookmarks gets one.</summary>
    /// <value>One minute by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not positive.</exception>
    public TimeSpan BookmarkInterval { get; init => field = Positive(value); } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How many changes of one resource are kept, so that watches and paged lists can go on from them. A watch that falls further behind is closed.
    /// </summary>
    /// <value>16,384 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below one.</exception>
    public int MaximumLogLength
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 16_384;

    /// <summary>How long changes are kept.</summary>
    /// <value>Five minutes by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not positive.</exception>
    public TimeSpan MaximumLogAge { get; init => field = Positive(value); } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Whether faults, restarts and compaction can be asked for over HTTP, under <c>/crmonitor</c>: for tests in other languages. Whoever reaches the
    /// server can then break it.
    /// </summary>
    /// <value>False by default.</value>
    public bool ServesControl { get; init; }

    /// <summary>How many requests <see cref="EmbeddedApiServer.Requests"/> keeps.</summary>
    /// <value>10,000 by default; 0 for none.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int MaximumRecordedRequests
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    } = 10_000;

    /// <summary>
    /// Whether Deployments are rolled out by ReplicaSets, and say so in their status. They become available if the next two run as well.
    /// </summary>
    /// <value>True by default. If false, their status is what clients write.</value>
    public bool RunsDeploymentController { get; init; } = true;

    /// <summary>Whether ReplicaSets make and delete Pods, and count them in their status.</summary>
    /// <value>True by default.</value>
    public bool RunsReplicaSetController { get; init; } = true;

    /// <summary>
    /// Whether Pods become Running and ready, as if a node ran them, those of one ReplicaSet one after the other. A Pod with a container image whose
    /// name contains <c>fail</c> never does.
    /// </summary>
    /// <value>True by default. If false, they stay Pending until a client writes their status.</value>
    public bool RunsPodController { get; init; } = true;

    /// <summary>How long it takes a Pod to become ready, after the one before it of the same ReplicaSet.</summary>
    /// <value>300 milliseconds by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not positive.</exception>
    public TimeSpan ReplicaReadyInterval { get; init => field = Positive(value); } = TimeSpan.FromMilliseconds(300);

    /// <summary>Whether objects are deleted after their owners.</summary>
    /// <value>True by default.</value>
    public bool RunsGarbageCollector { get; init; } = true;

    /// <summary>Whether a deleted namespace is emptied and goes.</summary>
    /// <value>True by default.</value>
    public bool RunsNamespaceController { get; init; } = true;

    private static bool IsOfTokens(char c) => char.IsAsciiLetterOrDigit(c) || "-._~+/=".Contains(c, StringComparison.Ordinal);

    private static TimeSpan Positive(TimeSpan value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
        return value;
    }
}
