using Coordination.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.Endpoints;

/// <summary>Looks at every endpoint before the server listens: each lock that is asked for is bound, and nothing that asks for one runs without.</summary>
internal static class LockCheck
{
    /// <exception cref="CoordinationConfigurationException">What is wrong, with the endpoints' names.</exception>
    public static void Run(IServiceProvider services)
    {
        if (services.GetService<EndpointDataSource>() is not { } source)
        {
            return; // no routing, no endpoints
        }

        var locked = source.Endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<ILockRequirement>() is not null).ToList();
        var faults = locked.SelectMany(endpoint => Faults(endpoint, services)).ToList();
        if (faults.Count > 0)
        {
            throw new CoordinationConfigurationException(LockFaults.Describe(faults.Distinct()));
        }

        WebLog.EndpointLocksChecked(WebLog.From(services), locked.Count);
    }

    private static IEnumerable<string> Faults(Endpoint endpoint, IServiceProvider services)
    {
        if (Plan(endpoint) is not { } plan)
        {
            return
            [
                $"Endpoint '{endpoint.DisplayName}': " + (endpoint.Metadata.GetMetadata<RequireLockAttribute>() is { } attribute
                    ? $"[RequireLock(\"{attribute.Template}\")] works on controller actions only. Write .RequireLock(\"{attribute.Template}\") after its Map… instead."
                    : "it is of a kind that runs no endpoint filters, so it would run without its lock. Use ILockProvider inside it."),
            ];
        }

        var faults = plan.Faults.Select(fault => $"Endpoint '{plan.Endpoint}': {fault}.");
        return HasProvider(services, plan.Terms.Key)
            ? faults
            : faults.Append($"Endpoint '{plan.Endpoint}': no ILockProvider is registered{(plan.Terms.Key is { } key ? $" with key '{key}'. Call AddKeyedCoordination(\"{key}\")" : ". Call AddCoordination")}.");
    }

    private static LockPlan? Plan(Endpoint endpoint) => endpoint.Metadata.GetMetadata<LockFilter>() is { } filter ? filter.Plan
        : endpoint.Metadata.GetMetadata<ControllerActionDescriptor>() is { } action ? LockPlans.Of(endpoint, action) : null;

    private static bool HasProvider(IServiceProvider services, string? key) => key is null
        ? services.GetService<IServiceProviderIsService>() is not { } known || known.IsService(typeof(ILockProvider))
        : services.GetService<IServiceProviderIsKeyedService>() is not { } keyed || keyed.IsKeyedService(typeof(ILockProvider), key);
}
