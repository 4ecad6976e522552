using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Coordination.Problems;

/// <summary>The end of a request whose client went away while it waited: nobody reads it; logs see 499 and no error.</summary>
internal sealed class ClientGone : IResult, IActionResult
{
    public static readonly ClientGone Instance = new();

    private ClientGone()
    {
    }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        return Task.CompletedTask;
    }

    public Task ExecuteResultAsync(ActionContext context) => ExecuteAsync(context.HttpContext);
}
