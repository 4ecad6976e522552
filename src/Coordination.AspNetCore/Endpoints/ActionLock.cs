using Coordination.Templates;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Coordination.Endpoints;

/// <summary>Runs a controller action under the locks of its endpoint; the first attribute takes all of them, the others find them taken.</summary>
internal static class ActionLock
{
    public static async Task RunAsync(ActionExecutingContext context, ActionExecutionDelegate next)
    {
        var http = context.HttpContext;
        var plan = LockPlans.Of(http.GetEndpoint(), context.ActionDescriptor);
        if (plan.IsCoveredBy(http.Features.Get<LockPlan>()))
        {
            await next().ConfigureAwait(false);
            return;
        }

        var body = new Body(next);
        var answer = await LockGate.RunAsync(http, plan, new LockArguments(context.ActionArguments, http.Request.RouteValues), body).ConfigureAwait(false);
        if (answer is null)
        {
            return;
        }

        var result = answer as IActionResult ?? new EmptyResult();
        if (body.Executed is { } executed)
        {
            executed.ExceptionHandled = true;
            executed.Result = result;
        }
        else
        {
            context.Result = result;
        }
    }

    private sealed class Body(ActionExecutionDelegate next) : LockedBody
    {
        public ActionExecutedContext? Executed { get; private set; }

        public override async ValueTask<Exception?> RunAsync()
        {
            Executed = await next().ConfigureAwait(false);
            return Executed.ExceptionHandled ? null : Executed.Exception;
        }
    }
}
