using Coordination.Endpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Coordination.Hosting;

/// <summary>Tells the API description of controller actions (OpenAPI) what a request without its lock is answered.</summary>
internal sealed class ActionResponses : IActionDescriptorProvider
{
    // After those that find the actions (-1000 is that of controllers).
    public int Order => 0;

    public void OnProvidersExecuting(ActionDescriptorProviderContext context)
    {
        foreach (var action in context.Results.Where(action => action.EndpointMetadata?.Any(item => item is ILockRequirement) is true))
        {
            var described = action.FilterDescriptors.Select(filter => filter.Filter).OfType<IApiResponseMetadataProvider>().Select(response => response.StatusCode).ToHashSet();
            if (described.Count == 0)
            {
                // Where nothing is described a 200 with what the action returns is supposed; describing ours must not take that away.
                Add(action, new ProducesResponseTypeAttribute(StatusCodes.Status200OK));
            }

            foreach (var status in LockResponses.Statuses(action.EndpointMetadata).Where(described.Add))
            {
                Add(action, new ProducesResponseTypeAttribute(typeof(ProblemDetails), status, LockResponses.ProblemJson));
            }
        }
    }

    public void OnProvidersExecuted(ActionDescriptorProviderContext context)
    {
        // All is said.
    }

    private static void Add(ActionDescriptor action, ProducesResponseTypeAttribute response) =>
        action.FilterDescriptors.Add(new FilterDescriptor(response, FilterScope.Action));
}
