using Coordination;
using Microsoft.AspNetCore.Diagnostics;

namespace Conductors.Roles;

/// <summary>What coordination could not do now is a 503: no conductor, the database away, stopping, the lock lost on the way.</summary>
internal sealed class CoordinationErrors(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not CoordinationException)
        {
            return false;
        }

        httpContext.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            ProblemDetails = { Status = StatusCodes.Status503ServiceUnavailable, Detail = exception.Message },
        });
    }
}
