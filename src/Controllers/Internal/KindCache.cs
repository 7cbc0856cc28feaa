namespace CrMonitor.Controllers;

/// <summary>What the options say of the caches of one kind.</summary>
/// <param name="Scope">Which objects they hold.</param>
/// <param name="Transform">A <c>Func</c> of the kind's type; <see langword="null"/> if there is none.</param>
internal sealed record KindCache(CacheScope? Scope, Delegate? Transform);
