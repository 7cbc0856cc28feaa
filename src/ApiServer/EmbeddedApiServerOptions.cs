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
    /// Whether the server speaks TLS (and HTTP/2 with those who want it), with a certificate that it makes when it starts. Its <see cref="EmbeddedApiServer.KubeConfig"/>
    /// tells clients to trust it.
    /// </summary>
    /// <value>False by default.</value>
    public bool UsesTls { get; init; }

    /// <summary>
    /// The bearer token that requests must carry, also those of <see cref="EmbeddedApiServer.CreateHandler"/>. Others are answered with 401, but for <c>/version</c>,
    /// <c>/healthz</c>, <c>/livez</c> and <c>/readyz</c>. <see cref="EmbeddedApiServer.KubeConfig"/> has it.
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

    /// <summary>How many changes of one resource are kept, so that watches and paged lists can go on from them. A watch that falls further behind is closed.</summary>
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

    /// <summary>How long changes are kept. Older ones are forgotten at the next write of their resource.</summary>
    /// <value>Five minutes by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not positive.</exception>
    public TimeSpan MaximumLogAge { get; init => field = Positive(value); } = TimeSpan.FromMinutes(5);

    /// <summary>Whether Deployments become available, as if their pods ran.</summary>
    /// <value>True by default.</value>
    public bool RunsDeploymentController { get; init; } = true;

    /// <summary>How long it takes from one replica of a Deployment becoming available to the next.</summary>
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
