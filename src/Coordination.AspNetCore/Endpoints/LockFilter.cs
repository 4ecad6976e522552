using Coordination.Templates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Coordination.Endpoints;

/// <summary>The endpoint filter that runs a handler under its locks: one for an endpoint, however many locks it needs. Also metadata, by which its plan is found.</summary>
internal sealed class LockFilter
{
    private readonly EndpointBuilder _endpoint;

    private LockFilter(EndpointBuilder endpoint) => _endpoint = endpoint;

    /// <summary>The plan; null until the endpoint is built, and for ever on a kind of endpoint that runs no filters.</summary>
    public LockPlan? Plan { get; private set; }

    /// <summary>Adds a lock to what the endpoint needs. The filter stands where the first lock was asked for.</summary>
    public static void Require(EndpointBuilder endpoint, ILockRequirement requirement)
    {
        endpoint.Metadata.Add(requirement);
        if (!endpoint.Metadata.OfType<LockFilter>().Any())
        {
            var filter = new LockFilter(endpoint);
            endpoint.Metadata.Add(filter);
            endpoint.FilterFactories.Add(filter.Create);
        }
    }

    // Runs when all conventions have run, so all locks of the endpoint are in its metadata.
    private EndpointFilterDelegate Create(EndpointFilterFactoryContext context, EndpointFilterDelegate next)
    {
        var plan = LockPlanner.Plan(_endpoint.DisplayName, context.MethodInfo, (_endpoint as RouteEndpointBuilder)?.RoutePattern, _endpoint.Metadata);
        Plan = plan;
        return call => InvokeAsync(plan, call, next);
    }

    private static async ValueTask<object?> InvokeAsync(LockPlan plan, EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        if (plan.IsCoveredBy(call.HttpContext.Features.Get<LockPlan>()))
        {
            return await next(call).ConfigureAwait(false); // a controller action: its attribute has taken all locks of the endpoint
        }

        var body = new Body(call, next);
        var arguments = new LockArguments(call.Arguments, call.HttpContext.Request.RouteValues);
        return await LockGate.RunAsync(call.HttpContext, plan, arguments, body).ConfigureAwait(false) ?? body.Result;
    }

    private sealed class Body(EndpointFilterInvocationContext call, EndpointFilterDelegate next) : LockedBody
    {
        public object? Result { get; private set; }

        public override async ValueTask<Exception?> RunAsync()
        {
            Result = await next(call).ConfigureAwait(false);
            return null;
        }
    }
}
