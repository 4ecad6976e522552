using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Routing;

namespace Coordination.Endpoints;

/// <summary>The plans of controller actions, made at the start or at the latest with the first request, and kept as long as their endpoint.</summary>
internal static class LockPlans
{
    private static readonly ConditionalWeakTable<object, LockPlan> Known = [];

    /// <param name="endpoint">The endpoint of the request; null in an application without endpoint routing.</param>
    /// <param name="action">The action it runs.</param>
    public static LockPlan Of(Endpoint? endpoint, ActionDescriptor action)
    {
        if (endpoint?.Metadata.GetMetadata<LockFilter>()?.Plan is { } plan)
        {
            return plan;
        }

        return Known.TryGetValue((object?)endpoint ?? action, out var known) ? known : Add(endpoint, action);
    }

    private static LockPlan Add(Endpoint? endpoint, ActionDescriptor action)
    {
        var method = action is ControllerActionDescriptor controller
            ? controller.MethodInfo
            : throw new CoordinationConfigurationException($"'{action.DisplayName}' is no controller action, and [RequireLock] works on those only. Use .RequireLock(…) on the endpoint, or ILockProvider inside.");
        var plan = LockPlanner.Plan(action.DisplayName, method, (endpoint as RouteEndpoint)?.RoutePattern, endpoint?.Metadata ?? (IEnumerable<object>)action.EndpointMetadata);
        Known.AddOrUpdate((object?)endpoint ?? action, plan);
        return plan;
    }
}
