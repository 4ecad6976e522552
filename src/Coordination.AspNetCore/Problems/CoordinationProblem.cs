using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace Coordination.Problems;

/// <summary>An answer that says what coordination could not do, as problem details (RFC 9457). A result of minimal APIs and of MVC alike.</summary>
/// <remarks>It names no member, host or database: those are for the log.</remarks>
internal sealed class CoordinationProblem : IResult, IActionResult, IStatusCodeHttpResult
{
    /// <summary>What a client that retries by itself should wait when nobody has said otherwise.</summary>
    public static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromSeconds(1);

    private readonly string _code;
    private readonly string _title;
    private readonly string _detail;
    private readonly TimeSpan? _retryAfter;

    private CoordinationProblem(int status, string code, string title, string detail, TimeSpan? retryAfter)
    {
        StatusCode = status;
        (_code, _title, _detail, _retryAfter) = (code, title, detail, retryAfter);
    }

    /// <inheritdoc/>
    public int? StatusCode { get; }

    public static CoordinationProblem LockHeld(string lockName, int status, TimeSpan retryAfter) =>
        new(status, "lock-held", "The lock is held.", $"Lock '{lockName}' is held by another request. Try again later.", retryAfter);

    public static CoordinationProblem LockTimeout(LockName name, TimeSpan waited, TimeSpan retryAfter) =>
        Unavailable("lock-timeout", "The lock was not granted in time.", string.Create(CultureInfo.InvariantCulture, $"Lock '{name}' was not granted within {waited.TotalSeconds:0.###} s. Try again later."), retryAfter);

    public static CoordinationProblem CoordinationUnavailable(TimeSpan retryAfter) =>
        Unavailable("coordination-unavailable", "Coordination is unavailable.", "This process cannot take locks now: it is starting, stopping, or cut off from its group. Try again later.", retryAfter);

    public static CoordinationProblem LockLost(LockName name, TimeSpan retryAfter) =>
        Unavailable("lock-lost", "The lock was lost.", $"Lock '{name}' was lost while the request was worked on. Look at what was done before trying again.", retryAfter);

    public static CoordinationProblem StaleToken(TimeSpan retryAfter) =>
        Unavailable("lock-lost", "The lock was lost.", "A newer holder of the lock has written since. Look at what was done before trying again.", retryAfter);

    public static CoordinationProblem NoMember(TimeSpan retryAfter) =>
        Unavailable("no-member-available", "No member is available.", "No member of the group can do this now. Try again later.", retryAfter);

    public static CoordinationProblem NullPlaceholder(string? placeholder) =>
        BadRequest("lock-value-missing", placeholder is null ? "The request has no value for the name of its lock." : $"The request has no value for '{placeholder}', which names its lock. Give one.");

    public static CoordinationProblem NoLockName(string reason) => BadRequest("lock-value-invalid", $"The request's values make no name of a lock. {reason}");

    /// <summary>The answer for an exception that a handler let through; null for one that is not about coordination being away.</summary>
    public static CoordinationProblem? Of(Exception exception) => exception switch
    {
        NoMemberAvailableException => NoMember(DefaultRetryAfter),
        LockTimeoutException timeout => LockTimeout(timeout.Name, timeout.Waited, DefaultRetryAfter),
        LockLostException lost => LockLost(lost.Name, DefaultRetryAfter),
        StaleTokenException => StaleToken(DefaultRetryAfter),
        CoordinationUnavailableException => CoordinationUnavailable(DefaultRetryAfter),
        _ => null,
    };

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (_retryAfter is { } retryAfter)
        {
            httpContext.Response.Headers[HeaderNames.RetryAfter] = Math.Ceiling(retryAfter.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
        }

        // Goes through IProblemDetailsService where the application has it, and writes the same by itself where not.
        return TypedResults.Problem(new ProblemDetails
        {
            Status = StatusCode,
            Type = $"urn:coordination:{_code}",
            Title = _title,
            Detail = _detail,
            Extensions = { ["code"] = _code },
        }).ExecuteAsync(httpContext);
    }

    /// <inheritdoc/>
    public Task ExecuteResultAsync(ActionContext context) => ExecuteAsync(context.HttpContext);

    private static CoordinationProblem Unavailable(string code, string title, string detail, TimeSpan retryAfter) =>
        new(StatusCodes.Status503ServiceUnavailable, code, title, detail, retryAfter);

    private static CoordinationProblem BadRequest(string code, string detail) =>
        new(StatusCodes.Status400BadRequest, code, "The request names no lock.", detail, retryAfter: null);
}
