using Coordination.Leadership;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Coordination.Hosting;

/// <summary>A role with the services that run on its leader, as they were registered: their parts are wired here.</summary>
/// <param name="key">The key of the membership.</param>
/// <param name="role">The role.</param>
internal sealed class LeaderRegistration(string? key, string role)
{
    private readonly List<Type> _services = [];

    public static void Add<T>(IServiceCollection services, string? key, string role)
        where T : class, IHostedService
    {
        RoleNote.Check(role);
        var registration = services
            .Select(service => service.IsKeyedService ? null : service.ImplementationInstance as LeaderRegistration)
            .FirstOrDefault(known => known?.IsFor(key, role) is true);
        if (registration is null)
        {
            registration = new LeaderRegistration(key, role);
            var added = registration;
            services.AddSingleton(registration);
            services.AddSingleton<IHostedService>(provider => new LeaderServiceHost(() => added.Terms(provider)));
        }

        if (!registration._services.Contains(typeof(T)))
        {
            registration._services.Add(typeof(T));
        }

        services.TryAddScoped<T>();
        services.TryAddScoped<TermInScope>();
        services.TryAddScoped<ILeaderTerm>(static provider => provider.GetRequiredService<TermInScope>().Term
            ?? throw new InvalidOperationException("ILeaderTerm is there for the services of AddLeaderService only, within a term. Use ILeaderElection elsewhere."));
    }

    private bool IsFor(string? otherKey, string otherRole) => (key, role) == (otherKey, otherRole);

    private LeaderServiceTerms Terms(IServiceProvider provider) => new(
        role,
        _services,
        CoordinationRegistration.Runtime(provider, key).Election,
        provider.GetRequiredService<IServiceScopeFactory>(),
        provider.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout);
}
