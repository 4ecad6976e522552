using Coordination.Diagnostics;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Coordination.Problems;

/// <summary>
/// What coordination could not do now is a 503, wherever a handler let the exception through: nobody to send work to, a lock not granted or lost,
/// the backend away.
/// </summary>
/// <remarks>
/// In three places, of which the first to see the exception answers: the exception handler middleware of the application, its developer page, and
/// around the whole pipeline for an application that has neither.
/// </remarks>
internal sealed class CoordinationErrors(ILogger logger) : IExceptionHandler, IDeveloperPageExceptionFilter
{
    /// <summary>The middleware around the pipeline.</summary>
    public RequestDelegate Guard(RequestDelegate next) => context =>
    {
        Task done;
        try
        {
            done = next(context);
        }
        catch (CoordinationException e)
        {
            done = Task.FromException(e); // of a part that is not async
        }

        return done.IsCompletedSuccessfully ? done : CatchAsync(done, context);
    };

    /// <inheritdoc/>
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.Response.HasStarted || CoordinationProblem.Of(exception) is not { } problem)
        {
            return false;
        }

        WebLog.RequestUncoordinated(logger, httpContext.Request.Path, exception.Message);
        await problem.ExecuteAsync(httpContext).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public async Task HandleExceptionAsync(ErrorContext errorContext, Func<ErrorContext, Task> next)
    {
        if (!await TryHandleAsync(errorContext.HttpContext, errorContext.Exception, CancellationToken.None).ConfigureAwait(false))
        {
            await next(errorContext).ConfigureAwait(false);
        }
    }

    private async Task CatchAsync(Task done, HttpContext context)
    {
        try
        {
            await done.ConfigureAwait(false);
        }
        catch (CoordinationException e) when (!context.Response.HasStarted && CoordinationProblem.Of(e) is not null)
        {
            context.Response.Clear();
            await TryHandleAsync(context, e, CancellationToken.None).ConfigureAwait(false);
        }
    }
}
