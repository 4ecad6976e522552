using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Coordination.Leadership;

/// <summary>The services of one role, and what running them needs.</summary>
/// <param name="Role">The role.</param>
/// <param name="Services">The classes, in the order in which they start.</param>
/// <param name="Election">Where the role is campaigned for.</param>
/// <param name="Scopes">Makes a scope of services for each term.</param>
/// <param name="ShutdownTimeout">How long a service may take to stop.</param>
internal sealed record LeaderServiceTerms(string Role, IReadOnlyList<Type> Services, LeaderElection Election, IServiceScopeFactory Scopes, TimeSpan ShutdownTimeout)
{
    public TimeProvider Time => Election.Context.Time;

    public ILogger Logger => Election.Context.Logger;
}
